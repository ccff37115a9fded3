// Command verify checks an export of a ledger with no code of the product: this file, Go's standard
// library, and BLAKE3. The formats are those of docs/ledger.md.
//
//	go run . DIR [SUPERVISOR_DID]
//
// First the entries: each is canonical JSON with the right fields; its hash, index, time and ledger
// follow the entry before; its signature is by the key in force, and a new key is signed by both;
// an intent has the signature of its own `who`, and is recorded once.
//
// Then the checkpoint: the note is signed by the key in force at its size, which is that of the
// entries, and its root is that of the tree over them. Every hash tile and every entry bundle says
// what the entries say, and so does export.json. Every blob has the id by which it is called, and
// no other file is there.
//
// Exit status: 0 all of it holds; 1 something does not, and the first is named, an entry by its
// index; 2 wrong use. Not checked: that strings are in Unicode normal form C and keys of prime
// order (neither is in the standard library), what the entries mean together, the state's digest.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/zeebo/blake3"
)

const (
	maxText   = 4 << 20 // bytes of an entry's text
	maxDepth  = 64      // nesting of its JSON
	maxFile   = 1 << 26 // bytes of a file that is read whole
	tileWidth = 256     // hashes in a full tile, entries in a full file
	leafBytes = 194     // two lines: a SHA-256 in hex, a signature in hex
)

var (
	contentID = regexp.MustCompile(`^b3:[0-9a-f]{64}$`)
	ledgerID  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$`)
	traceID   = regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`)
	signature = regexp.MustCompile(`^[0-9a-f]{128}$`)
	integer   = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)
	blobName  = regexp.MustCompile(`^blobs/([0-9a-f]{2})/([0-9a-f]{64})$`)
	noteText  = regexp.MustCompile(`^[^\x00-\x09\x0b-\x1f\x{fffd}]*$`) // invalid UTF-8 reads as U+FFFD
	kinds     = regexp.MustCompile(
		`^(genesis|intent|consent|refusal|receipt|ghost|effect|outcome|checkpoint|alarm)$`)
)

type hash = [sha256.Size]byte

type object = map[string]interface{}

// key is one of the supervisor's keys, and the index of the first entry that it signs.
type key struct {
	did   string
	first int
}

// export is a folder, and what was learnt of it so far.
type export struct {
	dir    string
	ledger string
	keys   []key
	leaves []hash          // of the tree, one for each entry
	head   string          // hash of the last entry
	time   int64           // its recorded_at
	cids   map[string]int  // intents, and the entries that record them
	known  map[string]bool // files that belong to the export
}

func main() {
	if len(os.Args) != 2 && len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run . DIR [SUPERVISOR_DID]")
		os.Exit(2)
	}
	e := &export{dir: os.Args[1], cids: map[string]int{}, known: map[string]bool{}}
	checks := []func() error{
		e.checkEntries, e.checkTrust, e.checkCheckpoint, e.checkTiles, e.checkSummary, e.checkFiles,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Println("ok")
}

// --- 1: the entries ------------------------------------------------------------------------------

func (e *export) checkEntries() error {
	for n := 0; len(e.leaves) == n*tileWidth; n++ {
		files := e.files("entries", n)
		widths := sorted(files)
		if len(widths) == 0 {
			break
		}
		// The longest file has them all; what an earlier export left begins as it does.
		for i := len(widths) - 1; i >= 0; i-- {
			if err := e.readEntries(files[widths[i]], n*tileWidth, widths[i]); err != nil {
				return err
			}
		}
	}
	if len(e.leaves) == 0 {
		return fmt.Errorf("%s: it holds no entries", e.dir)
	}
	fmt.Printf("entries     %d of ledger %s\n", len(e.leaves), e.ledger)
	fmt.Printf("intents     %d, each signed by its principal\n", len(e.cids))
	return nil
}

// readEntries reads so many entries from a file: for each its text and its signature, a line each.
func (e *export) readEntries(file string, first, count int) error {
	f, err := os.Open(e.path(file))
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, maxText+1)
	for index := first; index < first+count; index++ {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return at(index, "%s has no whole text for it: %v", file, err)
		}
		entry := append([]byte(nil), line[:len(line)-1]...)
		line, err = lines.ReadSlice('\n')
		if err != nil {
			return at(index, "%s has no whole signature for it: %v", file, err)
		}
		sig := string(line[:len(line)-1])
		digest := sha256.Sum256(entry)
		leaf := leafHash([]byte(hex.EncodeToString(digest[:]) + "\n" + sig + "\n"))
		if index < len(e.leaves) {
			if leaf != e.leaves[index] {
				return at(index, "%s says something else than another file", file)
			}
		} else if err := e.checkEntry(index, entry, sig); err != nil {
			return at(index, "%v", err)
		} else {
			e.leaves = append(e.leaves, leaf)
		}
	}
	if _, err := lines.ReadByte(); err != io.EOF {
		return at(first+count, "%s goes on after its %d entries", file, count)
	}
	return nil
}

func (e *export) checkEntry(index int, data []byte, sig string) error {
	entry, err := parse(data)
	if err != nil {
		return err
	}
	names := strings.Join(names(entry), " ")
	body, isObject := entry["body"].(object)
	ledger, kind, recorded := text(entry, "ledger"), text(entry, "kind"), number(entry, "recorded_at")
	switch {
	case names != "body index kind ledger policy_hash prev_hash recorded_at trace_id version":
		return fmt.Errorf("its fields are %.200s", names)
	case number(entry, "version") != 1:
		return fmt.Errorf("its version is not 1")
	case !isObject:
		return fmt.Errorf("its body is not an object")
	case entry["policy_hash"] != nil && !contentID.MatchString(text(entry, "policy_hash")):
		return fmt.Errorf("its policy_hash is no content id")
	case !traceID.MatchString(text(entry, "trace_id")):
		return fmt.Errorf("its trace_id is no ULID")
	case !ledgerID.MatchString(ledger):
		return fmt.Errorf("its ledger is no ledger's id")
	case !kinds.MatchString(kind) || (kind == "genesis") != (index == 0):
		return fmt.Errorf("its kind is %.40q", kind)
	}
	if index == 0 {
		e.ledger, e.head = ledger, "b3:"+strings.Repeat("0", 64)
		e.keys = []key{{text(body, "supervisor"), 0}}
	}
	if err := verify(e.keyAt(index), "logos/entry-signature/v1", data, sig); err != nil {
		return err
	}
	switch {
	case ledger != e.ledger:
		return fmt.Errorf("it is of the ledger %s", ledger)
	case number(entry, "index") != int64(index):
		return fmt.Errorf("its index is %d", number(entry, "index"))
	case text(entry, "prev_hash") != e.head:
		return fmt.Errorf("its prev_hash is not the hash of the entry before it")
	case recorded <= e.time:
		return fmt.Errorf("it was not recorded after the entry before it")
	}
	e.head, e.time = id([]byte("logos/entry-hash/v1\x00"), data), recorded
	switch kind {
	case "intent":
		return e.checkIntent(index, body)
	case "receipt":
		return e.checkRotation(index, body)
	}
	return nil
}

// checkIntent: the intent is meant for this ledger, signed by its principal, and recorded once.
func (e *export) checkIntent(index int, body object) error {
	intent := get(body, "intent")
	line := get(intent, "logline")
	signed := canonical(nil, intent, maxDepth)
	cid := id(signed)
	first, twice := e.cids[cid]
	switch {
	case text(body, "cid") != cid:
		return fmt.Errorf("its cid is not the id of its intent, %s", cid)
	case twice:
		return fmt.Errorf("it records the intent of entry %d a second time", first)
	case text(intent, "ledger") != e.ledger:
		return fmt.Errorf("its intent was signed for another ledger")
	case text(line, "status") != "PENDING" || line["confirmed_by"] != nil:
		return fmt.Errorf("its LogLine is not in the form that is signed")
	}
	e.cids[cid] = index
	return verify(text(line, "who"), "logos/intent/v1", signed, text(body, "signature"))
}

// checkRotation: the supervisor's key changes once in a receipt, from the key in force to one that
// never was in force before, and that has signed that it takes over.
func (e *export) checkRotation(index int, body object) error {
	current := e.keyAt(index)
	mutations, _ := body["mutations"].([]interface{})
	for _, item := range mutations {
		mutation, _ := item.(object)
		if text(mutation, "kind") != "supervisor" {
			continue
		}
		did, previous := text(mutation, "did"), text(mutation, "previous")
		if previous != current || e.keys[len(e.keys)-1].first > index {
			return fmt.Errorf("it changes the supervisor's key twice, or one that is not in force")
		}
		for _, k := range e.keys {
			if k.did == did {
				return fmt.Errorf("%s was the supervisor's key before", did)
			}
		}
		accepted := canonical(nil, object{"did": did, "ledger": e.ledger, "previous": previous}, 1)
		err := verify(did, "logos/supervisor-key/v1", accepted, text(mutation, "signature"))
		if err != nil {
			return err
		}
		e.keys = append(e.keys, key{did, index + 1})
	}
	return nil
}

// keyAt is the key that signs an entry of this index, and a checkpoint of this size.
func (e *export) keyAt(index int) string {
	last := len(e.keys) - 1
	for e.keys[last].first > index {
		last--
	}
	return e.keys[last].did
}

// checkTrust: whoever is named as supervisor is one of this ledger's keys.
func (e *export) checkTrust() error {
	found := len(os.Args) == 2
	for _, k := range e.keys {
		found = found || k.did == os.Args[2]
		fmt.Printf("key         %s from entry %d on\n", k.did, k.first)
	}
	if !found {
		return at(0, "this is no ledger of %s", os.Args[2])
	}
	return nil
}

// --- 2: the checkpoint ---------------------------------------------------------------------------

func (e *export) checkCheckpoint() error {
	data, err := e.read("checkpoint")
	if err != nil {
		return err
	}
	note, name := string(data), "logos-ledger/"+e.ledger
	cut := strings.LastIndex(note, "\n\n")
	if cut < 0 || !strings.HasSuffix(note, "\n") || !noteText.MatchString(note) {
		return fmt.Errorf("checkpoint: it is no signed note")
	}
	told, signatures := note[:cut+1], strings.Split(note[cut+2:len(note)-1], "\n")
	lines := strings.Split(told, "\n")
	size, err := strconv.Atoi(lines[1])
	if len(lines) != 4 || lines[0] != name || err != nil || lines[1] != strconv.Itoa(size) || size < 1 {
		return fmt.Errorf("checkpoint: it is no checkpoint of the ledger %s", e.ledger)
	}
	signer := e.keyAt(size)
	if err := checkNote(told, signatures, name, signer); err != nil {
		return fmt.Errorf("checkpoint: %v", err)
	}
	root := rootOf(e.leaves)
	switch {
	case size > len(e.leaves):
		return at(len(e.leaves), "it is missing: the checkpoint is of %d entries", size)
	case size < len(e.leaves):
		return at(size, "it is not covered: the checkpoint is of %d entries", size)
	case lines[2] != base64.StdEncoding.EncodeToString(root[:]):
		return fmt.Errorf("checkpoint: its root is not that of these %d entries", size)
	}
	fmt.Printf("checkpoint  of size %d, root %s, signed by %s\n", size, lines[2], signer)
	return nil
}

// checkNote: one signature is by this key, and none that names it is wrong; others are witnesses'.
func checkNote(told string, signatures []string, name, did string) error {
	public, err := publicKey(did)
	if err != nil {
		return err
	}
	keyID := sha256.Sum256(append([]byte(name+"\n\x01"), public...))
	signed := false
	for _, line := range signatures {
		words := strings.Split(line, " ")
		if len(words) != 3 || words[0] != "\u2014" {
			return fmt.Errorf("a signature line is not `\u2014 name base64`")
		}
		data, err := base64.StdEncoding.Strict().DecodeString(words[2])
		if err != nil || len(data) < 5 {
			return fmt.Errorf("a signature line does not end in base64")
		}
		if words[1] != name || !bytes.Equal(data[:4], keyID[:4]) {
			continue
		}
		if !ed25519.Verify(public, []byte(told), data[4:]) {
			return fmt.Errorf("the signature of %s does not fit", did)
		}
		signed = true
	}
	if !signed {
		return fmt.Errorf("it is not signed by %s", did)
	}
	return nil
}

// --- 3: hash tiles and entry bundles (https://c2sp.org/tlog-tiles) --------------------------------

func (e *export) checkTiles() error {
	tiles, hashes := 0, e.leaves
	for level := 0; len(hashes) > 0; level++ {
		folder := fmt.Sprintf("tile/%d", level)
		// A hash of this level is over 256 hashes of the one below: over 256^level entries.
		count, err := e.checkLevel(folder, len(hashes), 1<<(8*level), sha256.Size,
			func(i int, data []byte) bool { return bytes.Equal(data, hashes[i][:]) })
		if err != nil {
			return err
		}
		tiles += count
		var above []hash
		for i := tileWidth; i <= len(hashes); i += tileWidth {
			above = append(above, rootOf(hashes[i-tileWidth:i]))
		}
		hashes = above
	}
	bundles, err := e.checkLevel("tile/entries", len(e.leaves), 1, 2+leafBytes,
		func(i int, data []byte) bool {
			return data[0] == 0 && data[1] == leafBytes && leafHash(data[2:]) == e.leaves[i]
		})
	if err == nil {
		fmt.Printf("tiles       %d of hashes, %d of entries\n", tiles, bundles)
	}
	return err
}

// checkLevel: the files of a folder hold so many items of this size, each of them right; how many
// files there are. span: how many entries an item is over.
func (e *export) checkLevel(
	folder string, count, span, size int, right func(int, []byte) bool,
) (total int, err error) {
	for first := 0; first < count; first += tileWidth {
		files, rest := e.files(folder, first/tileWidth), count-first
		if rest > tileWidth {
			rest = tileWidth
		}
		if files[rest] == "" {
			return 0, at(first*span, "%s has no file that holds it with %d in all", folder, rest)
		}
		for _, width := range sorted(files) {
			data, err := e.read(files[width])
			if err != nil {
				return 0, err
			}
			for i := 0; i < width; i++ {
				if i >= rest || len(data) < size*(i+1) || !right(first+i, data[size*i:size*(i+1)]) {
					return 0, at((first+i)*span, "%s is wrong at its place %d", files[width], i)
				}
			}
			if len(data) != size*width {
				return 0, at((first+width)*span, "%s goes on after its %d", files[width], width)
			}
		}
		total += len(files)
	}
	return total, nil
}

// files are those that hold the n-th part of a folder, by width: the full one, and partial ones.
func (e *export) files(folder string, n int) map[int]string {
	path := fmt.Sprintf("%03d", n%1000) // 1234067 is x001/x234/067
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	found := map[int]string{}
	for width := 1; width <= tileWidth; width++ {
		name := fmt.Sprintf("%s/%s.p/%d", folder, path, width)
		if width == tileWidth {
			name = folder + "/" + path
		}
		if info, err := os.Stat(e.path(name)); err == nil && info.Mode().IsRegular() {
			found[width], e.known[name] = name, true
		}
	}
	return found
}

func leafHash(data []byte) hash { return sha256.Sum256(append([]byte{0}, data...)) }

// rootOf is the Merkle tree hash of RFC 6962, 2.1, over the hashes of leaves or of full subtrees.
func rootOf(hashes []hash) hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := 1
	for half*2 < len(hashes) {
		half *= 2
	}
	left, right := rootOf(hashes[:half]), rootOf(hashes[half:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// --- 4, 5: export.json, the blobs, and what else lies there ---------------------------------------

func (e *export) checkSummary() error {
	data, err := e.read("export.json")
	if err != nil {
		return err
	}
	told, err := parse(data)
	if err != nil {
		return fmt.Errorf("export.json: %v", err)
	}
	size := len(e.leaves)
	if text(told, "format") != "logos-export/1" || text(told, "ledger") != e.ledger ||
		number(told, "size") != int64(size) || text(told, "head") != e.head ||
		text(told, "supervisor") != e.keyAt(size) {
		return fmt.Errorf("export.json: it tells something else than the entries")
	}
	return nil
}

func (e *export) checkFiles() error {
	blobs := 0
	err := filepath.WalkDir(e.dir, func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		name, _ := filepath.Rel(e.dir, path)
		name = filepath.ToSlash(name)
		if e.known[name] {
			return nil
		}
		blob := blobName.FindStringSubmatch(name)
		if blob == nil || blob[1] != blob[2][:2] || !item.Type().IsRegular() {
			return fmt.Errorf("%s: it is no part of an export of %d entries", name, len(e.leaves))
		}
		data, err := e.read(name)
		if err == nil && id(data) != "b3:"+blob[2] {
			err = fmt.Errorf("%s: its bytes have another id, %s", name, id(data))
		}
		blobs++
		return err
	})
	if err == nil {
		fmt.Printf("blobs       %d, each under its own id; no other file\n", blobs)
	}
	return err
}

func (e *export) path(name string) string { return filepath.Join(e.dir, filepath.FromSlash(name)) }

func (e *export) read(name string) ([]byte, error) {
	f, err := os.Open(e.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	e.known[name] = true
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s: it has more than %d bytes", name, maxFile)
	}
	return data, err
}

// --- ids, signatures, keys -----------------------------------------------------------------------

func id(parts ...[]byte) string {
	sum := blake3.Sum256(bytes.Join(parts, nil))
	return "b3:" + hex.EncodeToString(sum[:])
}

// verify: sig is that of did over the tag, a zero byte and the data.
func verify(did, tag string, data []byte, sig string) error {
	public, err := publicKey(did)
	if err != nil {
		return err
	}
	raw, _ := hex.DecodeString(sig)
	message := append([]byte(tag+"\x00"), data...)
	if !signature.MatchString(sig) || !ed25519.Verify(public, message, raw) {
		return fmt.Errorf("it is not signed by %s (%s)", did, tag)
	}
	return nil
}

// publicKey is that of a did:key: base58btc of 0xed, 0x01 and 32 bytes, which always has 47 digits.
func publicKey(did string) (ed25519.PublicKey, error) {
	const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	const prefix = "did:key:z"
	value := new(big.Int)
	for i := len(prefix); i < len(did) && len(did) == len(prefix)+47; i++ {
		digit := strings.IndexByte(digits, did[i])
		if digit < 0 {
			break
		}
		value.Add(value.Mul(value, big.NewInt(58)), big.NewInt(int64(digit)))
	}
	data := value.Bytes()
	if !strings.HasPrefix(did, prefix) || len(data) != 34 || data[0] != 0xed || data[1] != 0x01 {
		return nil, fmt.Errorf("%.80q is no did:key of an Ed25519 key", did)
	}
	return data[2:], nil
}

// --- canonical JSON ------------------------------------------------------------------------------

// parse reads an object from its canonical text, and refuses any other text.
func parse(data []byte) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value object
	if err := decoder.Decode(&value); err != nil || value == nil {
		return nil, fmt.Errorf("it is no JSON object: %v", err)
	}
	if !bytes.Equal(canonical(nil, value, maxDepth), data) {
		return nil, fmt.Errorf("it is not in canonical form")
	}
	return value, nil
}

// canonical appends the canonical text of a value, or `!` where it has none.
func canonical(out []byte, value interface{}, room int) []byte {
	switch value := value.(type) {
	case nil:
		return append(out, "null"...)
	case bool:
		return strconv.AppendBool(out, value)
	case string:
		return quoted(out, value)
	case json.Number:
		if integer.MatchString(string(value)) {
			return append(out, value...)
		}
	case []interface{}:
		if room > 0 {
			out = append(out, '[')
			for i, item := range value {
				if i > 0 {
					out = append(out, ',')
				}
				out = canonical(out, item, room-1)
			}
			return append(out, ']')
		}
	case object:
		if room > 0 {
			out = append(out, '{')
			for i, name := range names(value) {
				if i > 0 {
					out = append(out, ',')
				}
				out = canonical(append(quoted(out, name), ':'), value[name], room-1)
			}
			return append(out, '}')
		}
	}
	return append(out, '!')
}

func quoted(out []byte, value string) []byte {
	const escaped, letters = "\"\\\b\f\n\r\t", "\"\\bfnrt"
	out = append(out, '"')
	for _, c := range []byte(value) {
		if place := strings.IndexByte(escaped, c); place >= 0 {
			out = append(out, '\\', letters[place])
		} else if c < 0x20 {
			out = append(out, fmt.Sprintf("\\u%04x", c)...)
		} else {
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// names are an object's, in the order of their bytes of UTF-8.
func names(value object) []string {
	found := make([]string, 0, len(value))
	for name := range value {
		found = append(found, name)
	}
	sort.Strings(found)
	return found
}

func get(value object, name string) object { found, _ := value[name].(object); return found }

func text(value object, name string) string { found, _ := value[name].(string); return found }

// number is the member's, or -1 if it is no whole number of 63 bits.
func number(value object, name string) int64 {
	found, _ := value[name].(json.Number)
	result, err := strconv.ParseInt(string(found), 10, 64)
	if err != nil {
		return -1
	}
	return result
}

// --- small things --------------------------------------------------------------------------------

func at(index int, format string, arguments ...interface{}) error {
	return fmt.Errorf("entry %d: "+format, append([]interface{}{index}, arguments...)...)
}

// sorted are the widths of files, the smallest first.
func sorted(files map[int]string) []int {
	widths := make([]int, 0, len(files))
	for width := range files {
		widths = append(widths, width)
	}
	sort.Ints(widths)
	return widths
}
