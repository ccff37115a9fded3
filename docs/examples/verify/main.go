// Command verify checks an export of a ledger with no code of the product: this file, Go's standard
// library, and BLAKE3. The formats are those of docs/ledger.md.
//
//	go run . DIR [SUPERVISOR_DID]
//
// First the entries: each is canonical JSON with the right fields; its hash, index, time and ledger
// follow the entry before; its signature is by the key in force, and a new key is signed by both;
// an intent has the signature of its own `who`, and is recorded once; what a decision waits for is a
// quorum that somebody could meet, and nobody can meet alone for an act of its own; who signs does so
// by the key of that index, and an answer is of a principal that has one then; a principal's new key
// is signed by both.
//
// Then the checkpoint: the note is signed by the key in force at its size, which is that of the
// entries, and its root is that of the tree over them. Every hash tile and every entry bundle says
// what the entries say, and so does export.json. Every blob that an entry names is there, has the
// id by which it is called, and no other file is there.
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
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/blake3"
)

const (
	maxText   = 16 << 20 // bytes of an entry's text
	maxDepth  = 64       // nesting of its JSON
	maxFile   = 1 << 26  // bytes of a file that is read whole
	maxNote   = 1000000  // bytes of a checkpoint
	maxSigned = 100      // signatures of a checkpoint
	tileWidth = 256      // hashes in a full tile, entries in a full file
	maxQuorum = 100      // consents that a count asks for
	leafBytes = 194      // two lines: a SHA-256 in hex, a signature in hex
)

var (
	contentID = regexp.MustCompile(`^b3:[0-9a-f]{64}$`)
	ledgerID  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$`)
	traceID   = regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`)
	signature = regexp.MustCompile(`^[0-9a-f]{128}$`)
	integer   = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)
	logline   = regexp.MustCompile(`^did:logline:(agent|person|service):[a-z][a-z0-9-]{0,63}$`)
	blobName  = regexp.MustCompile(`^blobs/([0-9a-f]{2})/([0-9a-f]{64})$`)
	noteText  = regexp.MustCompile(`^[^\x00-\x09\x0b-\x1f]+\n$`)
	folders   = regexp.MustCompile(`^(entries|tile|blobs|blobs/[0-9a-f]{2}|` +
		`(entries|tile/entries|tile/[0-9])((/x[0-9]{3}){0,6})(/[0-9]{3}\.p)?)$`)
	kinds = regexp.MustCompile(
		`^(genesis|intent|consent|refusal|receipt|ghost|effect|outcome|` +
			`claim|attempt|escalation|expiry|checkpoint|alarm)$`)
)

type hash = [sha256.Size]byte

type object = map[string]interface{}

// key is one of the supervisor's keys, and the index of the first entry that it signs.
type key struct {
	did   string
	first int
}

// blob is a content id that the entry of an index names.
type blob struct {
	id    string
	index int
}

// export is a folder, and what was learnt of it so far.
type export struct {
	dir    string
	ledger string
	keys   []key
	leaves []hash              // of the tree, one for each entry
	head   string              // hash of the last entry
	time   int64               // its recorded_at
	cids   map[string]int      // intents, and the entries that record them
	signs  map[string][]string // each principal's keys, the one in force last
	owners map[string]string   // keys, and whose they are or were
	ended  map[string]bool     // keys and principals that were revoked
	whose  map[string]string   // intents, and who signed them
	blobs  []blob              // what the entries name by content id
	known  map[string]bool     // files that belong to the export
}

func main() {
	if len(os.Args) != 2 && len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run . DIR [SUPERVISOR_DID]")
		os.Exit(2)
	}
	e := export{dir: os.Args[1] + "/", cids: map[string]int{}, known: map[string]bool{},
		signs: map[string][]string{}, owners: map[string]string{}, ended: map[string]bool{},
		whose: map[string]string{}}
	e.checkEntries()
	e.checkTrust(os.Args[2:])
	e.checkCheckpoint()
	e.checkTiles()
	e.checkSummary()
	e.checkFiles()
	fmt.Println("ok")
}

// require ends the program if something does not hold. what: an entry's index, or a file.
func require(holds bool, what interface{}, format string, arguments ...interface{}) {
	if holds {
		return
	}
	if index, isEntry := what.(int); isEntry {
		what = fmt.Sprintf("entry %d", index)
	}
	fmt.Fprintf(os.Stderr, "%v: %s\n", what, fmt.Sprintf(format, arguments...))
	os.Exit(1)
}

// --- the entries ---------------------------------------------------------------------------------

func (e *export) checkEntries() {
	for n := 0; len(e.leaves) == n*tileWidth; n++ {
		files := e.files("entries", n)
		widths := sorted(files)
		if len(widths) == 0 {
			break
		}
		// The longest file has them all; what an earlier export left begins as it does.
		for i := len(widths) - 1; i >= 0; i-- {
			e.readEntries(files[widths[i]], n*tileWidth, widths[i])
		}
	}
	require(len(e.leaves) > 0, e.dir, "it holds no entries")
	fmt.Printf("entries     %d of ledger %s\n", len(e.leaves), e.ledger)
	fmt.Printf("intents     %d, each signed by its principal\n", len(e.cids))
}

// readEntries reads so many entries from a file: for each its text and its signature, a line each.
func (e *export) readEntries(file string, first, count int) {
	f, err := os.Open(e.path(file))
	require(err == nil, first, "%v", err)
	defer f.Close()
	lines := bufio.NewReaderSize(f, maxText+1)
	for index := first; index < first+count; index++ {
		line, err := lines.ReadSlice('\n')
		require(err == nil, index, "%s has no whole text for it: %v", file, err)
		data := append([]byte(nil), line[:len(line)-1]...)
		line, err = lines.ReadSlice('\n')
		require(err == nil, index, "%s has no whole signature for it: %v", file, err)
		sig := string(line[:len(line)-1])
		digest := sha256.Sum256(data)
		leaf := leafHash([]byte(hex.EncodeToString(digest[:]) + "\n" + sig + "\n"))
		if index == len(e.leaves) {
			e.checkEntry(index, data, sig)
			e.leaves = append(e.leaves, leaf)
		}
		require(leaf == e.leaves[index], index, "%s says something else than another file", file)
	}
	_, err = lines.ReadByte()
	require(err == io.EOF, first+count, "%s goes on after its %d entries", file, count)
}

func (e *export) checkEntry(index int, data []byte, sig string) {
	entry := parse(index, data)
	body, isObject := entry["body"].(object)
	ledger, kind, recorded := text(entry, "ledger"), text(entry, "kind"), number(entry, "recorded_at")
	require(strings.Join(names(entry), " ") ==
		"body index kind ledger policy_hash prev_hash recorded_at trace_id version",
		index, "its fields are %.200q", names(entry))
	require(isObject, index, "its body is not an object")
	require(number(entry, "version") == 1, index, "its version is not 1")
	require(traceID.MatchString(text(entry, "trace_id")), index, "its trace_id is no ULID")
	require(ledgerID.MatchString(ledger), index, "its ledger is no ledger's id")
	require(entry["policy_hash"] == nil || contentID.MatchString(text(entry, "policy_hash")),
		index, "its policy_hash is no content id")
	require(kinds.MatchString(kind) && (kind == "genesis") == (index == 0),
		index, "its kind is %.40q", kind)
	if index == 0 {
		e.ledger, e.head = ledger, "b3:"+strings.Repeat("0", 64)
		e.keys = []key{{text(body, "supervisor"), 0}}
	}
	verify(index, e.keyAt(index), "logos/entry-signature/v1", data, sig)
	require(ledger == e.ledger, index, "it is of the ledger %s", ledger)
	require(number(entry, "index") == int64(index), index, "its index is %d", number(entry, "index"))
	require(text(entry, "prev_hash") == e.head, index, "its prev_hash is not the hash before it")
	require(recorded > e.time, index, "it was not recorded after the entry before it")
	e.head, e.time = id([]byte("logos/entry-hash/v1\x00"), data), recorded
	switch kind {
	case "genesis":
		e.name(index, "policy", get(body, "policy"))
		for _, principal := range objects(body, "principals") {
			e.register(index, principal)
		}
		for _, verb := range objects(body, "verbs") {
			e.name(index, "verb", verb)
		}
	case "intent":
		e.checkIntent(index, body)
	case "consent", "refusal":
		e.signer(index, text(body, "by"))
	case "receipt":
		for _, mutation := range objects(body, "mutations") {
			e.name(index, text(mutation, "kind"), mutation)
			switch text(mutation, "kind") {
			case "supervisor":
				e.checkRotation(index, mutation)
			case "principal":
				e.register(index, mutation)
			case "key":
				e.checkKey(index, e.whose[text(body, "intent")], mutation)
			case "revocation":
				e.revoke(index, mutation)
			}
		}
	}
}

// checkIntent: the intent is meant for this ledger, signed by its principal, and recorded once.
func (e *export) checkIntent(index int, body object) {
	intent := get(body, "intent")
	line := get(intent, "logline")
	signed := canonical(nil, intent, maxDepth)
	cid := id(signed)
	first, twice := e.cids[cid]
	require(!twice, index, "it records the intent of entry %d a second time", first)
	require(text(body, "cid") == cid, index, "its cid is not the id of its intent, %s", cid)
	require(text(intent, "ledger") == e.ledger, index, "its intent was signed for another ledger")
	require(text(line, "status") == "PENDING" && line["confirmed_by"] == nil,
		index, "its LogLine is not in the form that is signed")
	who := text(line, "who")
	key, told := e.signer(index, who), who
	if body["key"] != nil {
		told = text(body, "key")
	}
	require(told == key && (body["key"] == nil) == !isNamed(who),
		index, "the key of %s is %s, and not %.80q", who, key, told)
	verify(index, key, "logos/intent/v1", signed, text(body, "signature"))
	e.cids[cid], e.whose[cid] = index, who
	e.checkRequire(index, get(body, "decision"), who)
}

// checkRequire: each quorum that a REQUIRE waits for is of people who are named once, the intent's
// own `who` not among them, and of weights that come to what is needed, which is not nothing.
func (e *export) checkRequire(index int, decision object, who string) {
	if text(decision, "outcome") != "REQUIRE" {
		return
	}
	for _, asked := range append([]object{decision}, objects(decision, "also")...) {
		quorum := get(asked, "quorum")
		needed, total, before := int64(0), int64(0), ""
		weights := get(quorum, "weights")
		of, _ := quorum["of"].([]interface{})
		switch kind := text(quorum, "kind"); kind {
		case "KOfN":
			needed, total = number(quorum, "k"), maxQuorum
		case "All", "Majority":
			for _, did := range of {
				name, _ := did.(string)
				require(name > before && name != who, index, "its quorum names %.80q", name)
				before, total = name, total+1
			}
			if needed = total; kind == "Majority" {
				needed = total/2 + 1
			}
		case "Weighted":
			for _, name := range names(weights) {
				weight := number(weights, name)
				require(weight > 0 && name != who, index, "its quorum weighs %.80q", name)
				total += weight
			}
			needed = number(quorum, "threshold")
		}
		require(text(asked, "role") != "" && 0 < needed && needed <= total,
			index, "it waits for a quorum that is none: %.200q", quorum)
	}
}

// isNamed: whether a DID names a principal that has keys, rather than a key.
func isNamed(did string) bool { return strings.HasPrefix(did, "did:logline:") }

// signer is the key that signs for a principal now; it is registered, and not revoked.
func (e *export) signer(index int, did string) string {
	keys := e.signs[did]
	require(len(keys) > 0, index, "%.80q is not registered", did)
	key := keys[len(keys)-1]
	require(!e.ended[did] && !e.ended[key], index, "the key of %s was revoked", did)
	return key
}

// register: a principal that is a key is its own; another has the form of its kind and name, and a
// key. No key is anybody else's, or was.
func (e *export) register(index int, principal object) {
	did, key := text(principal, "did"), text(principal, "did")
	if isNamed(did) {
		require(logline.MatchString(did) &&
			did == "did:logline:"+text(principal, "type")+":"+text(principal, "name"),
			index, "%.80q is not the DID of its principal", did)
		key = text(principal, "key")
	} else {
		require(principal["key"] == nil, index, "%.80q is its own key, and has no other", did)
	}
	require(len(e.signs[did]) == 0, index, "%s is registered already", did)
	e.addKey(index, did, key)
}

func (e *export) addKey(index int, did, key string) {
	publicKey(index, key)
	require(e.owners[key] == "", index, "%s is or was the key of %s", key, e.owners[key])
	e.signs[did], e.owners[key] = append(e.signs[did], key), did
}

// checkKey: the principal's last key is the one that this one follows, and this one has signed that.
// Who asks is the principal itself while that key is in force, and somebody else once it is revoked.
func (e *export) checkKey(index int, who string, change object) {
	did, key, previous := text(change, "principal"), text(change, "key"), text(change, "previous")
	keys := e.signs[did]
	require(len(keys) > 0 && isNamed(did) && keys[len(keys)-1] == previous && !e.ended[did] &&
		(who == did) == !e.ended[previous], index, "%.80q does not follow %.80q", key, previous)
	accepted := canonical(nil,
		object{"key": key, "ledger": e.ledger, "previous": previous, "principal": did}, 1)
	verify(index, key, "logos/principal-key/v1", accepted, text(change, "signature"))
	e.addKey(index, did, key)
}

// revoke: what is revoked is a principal, or a key of its, for the first time.
func (e *export) revoke(index int, change object) {
	did, what := text(change, "principal"), text(change, "id")
	for _, k := range e.keys {
		require(k.did != did, index, "%s is a key of the supervisor's", did)
	}
	require(len(e.signs[did]) > 0 && (what == did || e.owners[what] == did) && !e.ended[what],
		index, "%.80q is nothing that can be revoked", what)
	e.ended[what] = true
}

// checkRotation: the key that signs from the next entry on never did so before, follows the one in
// force, which has signed this entry, and has signed that it takes over.
func (e *export) checkRotation(index int, mutation object) {
	did, previous := text(mutation, "did"), text(mutation, "previous")
	require(previous == e.keys[len(e.keys)-1].did && previous == e.keyAt(index),
		index, "it changes the supervisor's key twice, or one that is not in force")
	for _, k := range e.keys {
		require(k.did != did, index, "%s was the supervisor's key before", did)
	}
	accepted := canonical(nil, object{"did": did, "ledger": e.ledger, "previous": previous}, 1)
	verify(index, did, "logos/supervisor-key/v1", accepted, text(mutation, "signature"))
	e.keys = append(e.keys, key{did, index + 1})
}

// name notes what this thing, of an entry, names by content id: the export must hold it.
func (e *export) name(index int, kind string, thing object) {
	switch kind {
	case "node":
		e.blobs = append(e.blobs, blob{text(thing, "id"), index}, blob{text(thing, "source"), index})
	case "draft":
		e.blobs = append(e.blobs, blob{text(thing, "source"), index})
	case "policy":
		e.blobs = append(e.blobs, blob{text(thing, "id"), index})
	case "verb":
		e.blobs = append(e.blobs, blob{id(canonical(nil, thing["schema"], maxDepth)), index})
	}
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
func (e *export) checkTrust(trusted []string) {
	found := len(trusted) == 0
	for _, k := range e.keys {
		found = found || k.did == trusted[0]
		fmt.Printf("key         %s from entry %d on\n", k.did, k.first)
	}
	require(found, 0, "this is no ledger of %s", strings.Join(trusted, " "))
}

// --- the checkpoint ------------------------------------------------------------------------------

func (e *export) checkCheckpoint() {
	const file = "checkpoint"
	note, name := string(e.read(file)), "logos-ledger/"+e.ledger
	cut := strings.LastIndex(note, "\n\n")
	require(cut >= 0 && len(note) <= maxNote && utf8.ValidString(note) && noteText.MatchString(note),
		file, "it is no signed note")
	told, signatures := note[:cut+1], strings.Split(note[cut+2:len(note)-1], "\n")
	lines := strings.Split(told, "\n")
	size, err := strconv.Atoi(lines[1])
	require(len(lines) == 4 && lines[0] == name && err == nil && lines[1] == strconv.Itoa(size) &&
		size > 0, file, "it is no checkpoint of the ledger %s", e.ledger)
	signer := e.keyAt(size)
	e.checkNote(file, told, signatures, name, signer)
	root := rootOf(e.leaves)
	require(size <= len(e.leaves), len(e.leaves), "it is missing: the checkpoint is of %d", size)
	require(size == len(e.leaves), size, "it is not covered: the checkpoint is of %d", size)
	require(lines[2] == base64.StdEncoding.EncodeToString(root[:]),
		file, "its root is not that of these %d entries", size)
	fmt.Printf("checkpoint  of size %d, root %s, signed by %s\n", size, lines[2], signer)
}

// checkNote: one signature is by this key, and none that names a key of the ledger's is wrong; others
// are witnesses'.
func (e *export) checkNote(file, told string, signatures []string, name, did string) {
	require(len(signatures) <= maxSigned, file, "it has %d signatures", len(signatures))
	signed := false
	for _, line := range signatures {
		words := strings.Split(line, " ")
		require(len(words) == 3 && words[0] == "\u2014" && words[1] != "" &&
			!strings.Contains(words[1], "+") && strings.IndexFunc(words[1], unicode.IsSpace) < 0,
			file, "it has a line that is no signature")
		data, err := base64.StdEncoding.Strict().DecodeString(words[2])
		require(err == nil && len(data) > 4, file, "it has a signature that is not base64")
		for _, k := range e.keys {
			public := publicKey(file, k.did)
			keyID := sha256.Sum256(append([]byte(name+"\n\x01"), public...))
			if words[1] == name && bytes.Equal(data[:4], keyID[:4]) {
				require(ed25519.Verify(public, []byte(told), data[4:]),
					file, "the signature of %s does not fit", k.did)
				signed = signed || k.did == did
			}
		}
	}
	require(signed, file, "it is not signed by %s", did)
}

// --- hash tiles and entry bundles (https://c2sp.org/tlog-tiles) ----------------------------------

func (e *export) checkTiles() {
	tiles, hashes := 0, e.leaves
	for level := 0; len(hashes) > 0; level++ {
		// A hash of this level is over 256 hashes of the one below: over 256^level entries.
		tiles += e.checkLevel(fmt.Sprintf("tile/%d", level), len(hashes), 1<<(8*level), sha256.Size,
			func(i int, data []byte) bool { return bytes.Equal(data, hashes[i][:]) })
		var above []hash
		for i := tileWidth; i <= len(hashes); i += tileWidth {
			above = append(above, rootOf(hashes[i-tileWidth:i]))
		}
		hashes = above
	}
	bundles := e.checkLevel("tile/entries", len(e.leaves), 1, 2+leafBytes,
		func(i int, data []byte) bool {
			return data[0] == 0 && data[1] == leafBytes && leafHash(data[2:]) == e.leaves[i]
		})
	fmt.Printf("tiles       %d of hashes, %d of entries\n", tiles, bundles)
}

// checkLevel: the files of a folder hold so many items of this size, each of them right; how many
// files there are. span: how many entries an item is over.
func (e *export) checkLevel(
	folder string, count, span, size int, right func(int, []byte) bool,
) (total int) {
	for first := 0; first < count; first += tileWidth {
		files, rest := e.files(folder, first/tileWidth), count-first
		if rest > tileWidth {
			rest = tileWidth
		}
		require(files[rest] != "", first*span, "%s has no file of %d that holds it", folder, rest)
		for _, width := range sorted(files) {
			data := e.read(files[width])
			for i := 0; i < width; i++ {
				holds := i < rest && len(data) >= size*(i+1) && right(first+i, data[size*i:size*(i+1)])
				require(holds, (first+i)*span, "%s is wrong at its place %d", files[width], i)
			}
			require(len(data) == size*width,
				(first+width)*span, "%s goes on after its %d", files[width], width)
		}
		total += len(files)
	}
	return total
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
		if info, err := os.Lstat(e.path(name)); err == nil && info.Mode().IsRegular() {
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

// --- export.json, the blobs, and what else lies there --------------------------------------------

func (e *export) checkSummary() {
	const file = "export.json"
	told, size := parse(file, e.read(file)), len(e.leaves)
	require(told["state"] == nil || contentID.MatchString(text(told, "state")),
		file, "state is %.100q", told["state"])
	wanted := object{
		"format": "logos-export/1", "ledger": e.ledger, "size": json.Number(strconv.Itoa(size)),
		"head": e.head, "state": told["state"], "supervisor": e.keyAt(size),
	}
	require(strings.Join(names(told), " ") == strings.Join(names(wanted), " "),
		file, "its fields are %.200q", names(told))
	for _, name := range names(wanted) {
		require(told[name] == wanted[name], file, "%s is %.100q", name, told[name])
	}
}

func (e *export) checkFiles() {
	named := map[string]bool{}
	for _, blob := range e.blobs {
		named[blob.id] = true
	}
	err := filepath.WalkDir(e.dir, func(path string, item fs.DirEntry, err error) error {
		name, _ := filepath.Rel(e.dir, path)
		name = filepath.ToSlash(name)
		if err != nil || e.known[name] {
			return err
		}
		if item.IsDir() {
			require(name == "." || e.isFolder(name), name, "an export has no such folder")
			return nil
		}
		parts := blobName.FindStringSubmatch(name)
		require(parts != nil && parts[1] == parts[2][:2] && named["b3:"+parts[2]] &&
			item.Type().IsRegular(), name, "it is no part of this export")
		require(id(e.read(name)) == "b3:"+parts[2], name, "its bytes have another id")
		return nil
	})
	require(err == nil, e.dir, "%v", err)
	for _, blob := range e.blobs {
		name := strings.TrimPrefix(blob.id, "b3:")
		there := contentID.MatchString(blob.id) && e.known["blobs/"+name[:2]+"/"+name]
		require(there, blob.index, "it names %.80q, which is not there", blob.id)
	}
	fmt.Printf("blobs       %d, each under its own id; no other file\n", len(named))
}

// isFolder: whether an export of so many entries has such a folder; it may be empty.
func (e *export) isFolder(name string) bool {
	parts := folders.FindStringSubmatch(name)
	if parts == nil || parts[3]+parts[5] == "" {
		return parts != nil
	}
	digits := strings.NewReplacer("/", "", "x", "", ".p", "").Replace(parts[3] + parts[5])
	n, err := strconv.Atoi(digits)
	if parts[5] == "" {
		n *= 1000
	}
	return err == nil && n < len(e.leaves) && n*tileWidth < len(e.leaves) &&
		(parts[3] == "" || digits[:3] != "000")
}

func (e *export) path(name string) string { return filepath.Join(e.dir, filepath.FromSlash(name)) }

func (e *export) read(name string) []byte {
	info, err := os.Lstat(e.path(name))
	require(err == nil && info.Mode().IsRegular(), name, "it is no plain file: %v", err)
	f, err := os.Open(e.path(name))
	require(err == nil, name, "%v", err)
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	require(err == nil && len(data) <= maxFile, name, "it cannot be read, or is too long: %v", err)
	e.known[name] = true
	return data
}

// --- ids, signatures, keys -----------------------------------------------------------------------

func id(parts ...[]byte) string {
	sum := blake3.Sum256(bytes.Join(parts, nil))
	return "b3:" + hex.EncodeToString(sum[:])
}

// verify: sig is that of did over the tag, a zero byte and the data.
func verify(what interface{}, did, tag string, data []byte, sig string) {
	raw, _ := hex.DecodeString(sig)
	message := append([]byte(tag+"\x00"), data...)
	require(signature.MatchString(sig) && ed25519.Verify(publicKey(what, did), message, raw),
		what, "it is not signed by %s (%s)", did, tag)
}

// publicKey is that of a did:key: base58btc of 0xed, 0x01 and 32 bytes, which always has 47 digits.
func publicKey(what interface{}, did string) ed25519.PublicKey {
	const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	text, value := strings.TrimPrefix(did, "did:key:z"), new(big.Int)
	require(len(text) == 47 && len(did) == 56, what, "%.80q is no did:key", did)
	for i := range text {
		digit := strings.IndexByte(digits, text[i])
		require(digit >= 0, what, "%.80q is no did:key", did)
		value.Add(value.Mul(value, big.NewInt(58)), big.NewInt(int64(digit)))
	}
	data := value.Bytes()
	require(len(data) == 34 && data[0] == 0xed && data[1] == 0x01,
		what, "%.80q is no did:key of an Ed25519 key", did)
	return data[2:]
}

// --- canonical JSON ------------------------------------------------------------------------------

// parse reads an object from its canonical text, and refuses any other text.
func parse(what interface{}, data []byte) object {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value object
	err := decoder.Decode(&value)
	require(err == nil && value != nil, what, "it is no JSON object: %v", err)
	require(bytes.Equal(canonical(nil, value, maxDepth), data), what, "it is not in canonical form")
	return value
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

// get, text, number and objects are a member, or a zero value (-1) if it is of another type.
func get(value object, name string) object { found, _ := value[name].(object); return found }

func text(value object, name string) string { found, _ := value[name].(string); return found }

func number(value object, name string) int64 {
	found, _ := value[name].(json.Number)
	if result, err := strconv.ParseInt(string(found), 10, 64); err == nil {
		return result
	}
	return -1
}

func objects(value object, name string) (found []object) {
	items, _ := value[name].([]interface{})
	for _, item := range items {
		each, _ := item.(object)
		found = append(found, each)
	}
	return found
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
