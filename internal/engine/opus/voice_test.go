package opus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// element writes an element of WebM; a size below 0 is not known.
func element(id uint32, body []byte, known bool) []byte {
	var out []byte
	for shift := 24; shift >= 0; shift -= 8 {
		if b := byte(id >> shift); b != 0 || len(out) > 0 {
			out = append(out, b)
		}
	}
	if !known {
		return append(append(out, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), body...)
	}
	out = append(out, 0x08, byte(len(body)>>24), byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
	return append(out, body...)
}

var head = append([]byte("OpusHead"), 1, 1, 0x38, 0x01, 0x80, 0xbb, 0, 0, 0, 0, 0)

// webm is a recording as Chromium makes it.
func webm(codec string, packets ...[]byte) []byte {
	track := element(idTrackEntry, append(element(idCodecID, []byte(codec), true), element(idCodecPrivate, head, true)...), true)
	var blocks []byte
	for _, p := range packets {
		blocks = append(blocks, element(idSimpleBlock, append([]byte{0x81, 0, 0, 0x80}, p...), true)...)
	}
	body := append(element(idTracks, track, true), element(idCluster, blocks, false)...)
	return append(element(idEBML, []byte("webm"), true), element(idSegment, body, false)...)
}

// packet is a packet of 20 ms with a body of some bytes.
func packet(n int) []byte { return append([]byte{0xf8}, bytes.Repeat([]byte{7}, n)...) }

// pages reads an Ogg file back: its packets, its pages and the last position.
func pages(t *testing.T, ogg []byte) (packets [][]byte, count int, last uint64) {
	t.Helper()
	for len(ogg) > 0 {
		if len(ogg) < 27 || string(ogg[:4]) != "OggS" {
			t.Fatalf("no page at %d bytes before the end", len(ogg))
		}
		if got := binary.LittleEndian.Uint32(ogg[18:]); got != uint32(count) {
			t.Fatalf("page %d says it is %d", count, got)
		}
		last = binary.LittleEndian.Uint64(ogg[6:])
		n := int(ogg[26])
		at, p := 27+n, []byte(nil)
		for _, size := range ogg[27 : 27+n] {
			p = append(p, ogg[at:at+int(size)]...)
			at += int(size)
			if size < 255 {
				packets, p = append(packets, p), nil
			}
		}
		sum := binary.LittleEndian.Uint32(ogg[22:])
		whole := append([]byte(nil), ogg[:at]...)
		copy(whole[22:26], []byte{0, 0, 0, 0})
		if checksum(whole) != sum {
			t.Fatalf("page %d has a wrong checksum", count)
		}
		ogg = ogg[at:]
		count++
	}
	return packets, count, last
}

func TestTheSoundStaysTheSame(t *testing.T) {
	var sound [][]byte
	for i := range 120 { // 2.4 seconds
		sound = append(sound, packet(20+5*i))
	}
	ogg, err := Ogg(webm("A_OPUS", sound...))
	if err != nil {
		t.Fatal(err)
	}
	packets, count, last := pages(t, ogg)
	if !bytes.Equal(packets[0], head) || !bytes.HasPrefix(packets[1], []byte("OpusTags")) {
		t.Fatalf("it begins with %q, %q", packets[0], packets[1])
	}
	if len(packets) != 2+len(sound) || last != 120*960 || count < 4 {
		t.Fatalf("%d packets on %d pages, until %d", len(packets), count, last)
	}
	for i, p := range sound {
		if !bytes.Equal(packets[2+i], p) {
			t.Fatalf("packet %d has changed", i)
		}
	}
}

func TestWhatIsNoRecordingIsRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil, "something else": []byte("OggS…"), "another codec": webm("A_VORBIS", packet(9)),
		"no sound": webm("A_OPUS"), "half a number": {0x1a, 0x45},
	} {
		if _, err := Ogg(b); !errors.Is(err, ErrRecording) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		want   uint64
	}{
		{[]byte{0xf8}, 960}, {[]byte{0xf9}, 1920}, {[]byte{0xfb, 3}, 2880}, {[]byte{0xfb}, 0}, {[]byte{0x18}, 2880}, {[]byte{0x60}, 480}, {[]byte{0x80}, 120},
	} {
		if got := samples(c.packet); got != c.want {
			t.Errorf("% x: %d samples, want %d", c.packet, got, c.want)
		}
	}
}

// FuzzOgg: whatever comes in, what goes out is whole Ogg.
func FuzzOgg(f *testing.F) {
	f.Add(webm("A_OPUS", packet(10), packet(300)))
	f.Add([]byte{0x1a, 0x45, 0xdf, 0xa3, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if ogg, err := Ogg(b); err == nil {
			pages(t, ogg)
		}
	})
}
