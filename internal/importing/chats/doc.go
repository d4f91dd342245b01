// Package chats brings a chat that was exported from WhatsApp on a phone
// into the conversation with the person it was held with (privacy.md S19).
//
// What comes in is history and nothing else: it opens no window and no matter,
// and no consent follows from it. What the person took back in it counts: a STOP
// later than her consent ends it, an older one is shown to somebody who decides. Other people who appear in it did not agree
// to anything (S2): what they wrote is left out, their names are made
// unreadable in what others wrote, and contact cards are not taken over.
//
// The file is sealed under a key ring of its own, which is destroyed when the
// import is through. Nothing is ever unpacked to a disk.
package chats
