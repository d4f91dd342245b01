// Package opus turns a recording of a browser into one that WhatsApp takes.
//
// Chromium records Opus sound in WebM (Matroska, RFC 9559). WhatsApp wants the
// same sound in Ogg (RFC 3533, RFC 7845). The sound itself is not touched: its
// packets are taken out of the one and put into the other.
package opus

import (
	"encoding/binary"
	"errors"

	"einklang/internal/rule/pii"
)

// ErrRecording is returned for what is no recording of Opus sound in WebM.
var ErrRecording = errors.New("this is not a recording of Opus sound in WebM")

// recording is what a WebM file holds.
type recording struct {
	pii.Personal
	head    []byte // OpusHead, RFC 7845 section 5.1
	packets [][]byte
}

// Ogg makes an Ogg file of a WebM file.
func Ogg(webm []byte) ([]byte, error) {
	r, err := read(webm)
	if err != nil {
		return nil, err
	}
	return write(r), nil
}

// The elements of WebM that matter (RFC 9559). Those that hold others are
// walked into; a browser does not know their size while it records.
const (
	idSegment      = 0x18538067
	idCluster      = 0x1F43B675
	idTracks       = 0x1654AE6B
	idTrackEntry   = 0xAE
	idBlockGroup   = 0xA0
	idCodecID      = 0x86
	idCodecPrivate = 0x63A2
	idSimpleBlock  = 0xA3
	idBlock        = 0xA1
	idEBML         = 0x1A45DFA3
)

func read(b []byte) (recording, error) {
	var r recording
	codec := ""
	for first := true; len(b) > 0; first = false {
		element, n := number(b, false)
		size, m := number(b[n:], true)
		if n == 0 || m == 0 || first && element != idEBML {
			return r, ErrRecording
		}
		b = b[n+m:]
		switch element {
		case idSegment, idCluster, idTracks, idTrackEntry, idBlockGroup:
			continue
		}
		if size > uint64(len(b)) {
			break // the recording was cut off
		}
		body := b[:size]
		b = b[size:]
		switch element {
		case idCodecID:
			codec = string(body)
		case idCodecPrivate:
			r.head = body
		case idSimpleBlock, idBlock:
			if packet := packetOf(body); len(packet) > 0 {
				r.packets = append(r.packets, packet)
			}
		}
	}
	if codec != "A_OPUS" || len(r.head) < 19 || string(r.head[:8]) != "OpusHead" || len(r.packets) == 0 {
		return r, ErrRecording
	}
	return r, nil
}

// number reads a number of variable length (RFC 8794 section 4), with its
// length in bytes; 0 if there is none. Of a size the length's mark is taken
// away, of an id it stays.
func number(b []byte, size bool) (value uint64, length int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	length = 1
	for mark := byte(0x80); b[0]&mark == 0; mark >>= 1 {
		length++
	}
	if length > len(b) {
		return 0, 0
	}
	value = uint64(b[0])
	if size {
		value &= 1<<(8-length) - 1
	}
	for _, next := range b[1:length] {
		value = value<<8 | uint64(next)
	}
	return value, length
}

// packetOf takes the packet out of a block: track, time, flags, packet. Blocks
// with several packets (lacing) are not what browsers record.
func packetOf(block []byte) []byte {
	_, n := number(block, true)
	if n == 0 || len(block) < n+3 || block[n+2]&0x06 != 0 {
		return nil
	}
	return block[n+3:]
}

// samples is how long a packet sounds, in samples of 48 kHz (RFC 6716 section
// 3.1).
func samples(packet []byte) uint64 {
	config, frames := packet[0]>>3, uint64(1)
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0
		}
		frames = uint64(packet[1] & 0x3f)
	}
	switch {
	case config < 12:
		return frames * []uint64{480, 960, 1920, 2880}[config&3]
	case config < 16:
		return frames * []uint64{480, 960}[config&1]
	default:
		return frames * []uint64{120, 240, 480, 960}[config&3]
	}
}

const (
	serial        = 0x45696e6b // any number: there is one stream
	segmentsMost  = 255        // of a page
	pageSamples   = 48_000     // a page a second
	flagBeginning = 2
	flagEnd       = 4
)

// write makes an Ogg file: the head, the tags, and pages of about a second.
func write(r recording) []byte {
	tags := append([]byte("OpusTags"), 8, 0, 0, 0)
	tags = append(tags, "Einklang"...)
	tags = append(tags, 0, 0, 0, 0)
	out := page(nil, flagBeginning, 0, 0, [][]byte{r.head})
	out = page(out, 0, 0, 1, [][]byte{tags})
	var waiting [][]byte
	var at, since uint64
	used, number := 0, uint32(2)
	for i, p := range r.packets {
		if need := len(p)/255 + 1; need > segmentsMost {
			continue // larger than any packet of Opus
		} else if used+need > segmentsMost || since >= pageSamples {
			out = page(out, 0, at, number, waiting)
			waiting, used, since = nil, 0, 0
			number++
		}
		waiting = append(waiting, p)
		used += len(p)/255 + 1
		at += samples(r.packets[i])
		since += samples(r.packets[i])
	}
	return page(out, flagEnd, at, number, waiting)
}

// page adds a page with whole packets (RFC 3533 section 6).
func page(out []byte, flags byte, position uint64, number uint32, packets [][]byte) []byte {
	begin := len(out)
	out = append(out, 'O', 'g', 'g', 'S', 0, flags)
	out = binary.LittleEndian.AppendUint64(out, position)
	out = binary.LittleEndian.AppendUint32(out, serial)
	out = binary.LittleEndian.AppendUint32(out, number)
	out = append(out, 0, 0, 0, 0, 0) // checksum and number of segments, below
	count := 0
	for _, p := range packets {
		left := len(p)
		for ; left >= 255; left -= 255 {
			out = append(out, 255)
			count++
		}
		out = append(out, byte(left))
		count++
	}
	out[begin+26] = byte(count)
	for _, p := range packets {
		out = append(out, p...)
	}
	binary.LittleEndian.PutUint32(out[begin+22:], checksum(out[begin:]))
	return out
}

// checksum is the CRC of a page: polynomial 0x04c11db7, not reflected.
func checksum(b []byte) uint32 {
	var crc uint32
	for _, c := range b {
		crc ^= uint32(c) << 24
		for range 8 {
			carry := crc&(1<<31) != 0
			if crc <<= 1; carry {
				crc ^= 0x04c11db7
			}
		}
	}
	return crc
}
