// Command tiles checks an export as any log by https://c2sp.org/tlog-tiles is checked: by the
// verifiers of others alone (Tessera, and golang.org/x/mod for the note).
//
//	tiles DIR VERIFIER_KEY
//
// It fetches the checkpoint, rebuilds the tree from the entry bundles, compares its root and every
// hash tile, then has inclusion and consistency proofs made of the tiles, and verifies them.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: tiles DIR VERIFIER_KEY")
		os.Exit(2)
	}
	if err := check(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(ctx context.Context, folder, key string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	log := client.FileFetcher{Root: folder}
	whole := fsck.New(verifier.Name(), verifier, log, leafHashes, fsck.Opts{N: 1})
	if err := whole.Check(ctx); err != nil {
		return fmt.Errorf("fsck: %w", err)
	}
	checkpoint, _, _, err := client.FetchCheckpoint(ctx, log.ReadCheckpoint, verifier, verifier.Name())
	if err != nil {
		return err
	}
	proofs, err := client.NewProofBuilder(ctx, checkpoint.Size, log.ReadTile)
	if err != nil {
		return err
	}
	sizes := some(checkpoint.Size)
	for _, size := range sizes {
		if err := included(ctx, log, proofs, size-1, checkpoint.Size, checkpoint.Hash); err != nil {
			return fmt.Errorf("inclusion of %d: %w", size-1, err)
		}
		if err := consistent(ctx, log, proofs, size, checkpoint.Size, checkpoint.Hash); err != nil {
			return fmt.Errorf("consistency with %d: %w", size, err)
		}
	}
	fmt.Printf("size %d, %d proofs of each kind\n", checkpoint.Size, len(sizes))
	return nil
}

// some sizes of trees up to this one: the smallest, the largest, those around powers of two.
func some(size uint64) []uint64 {
	sizes := []uint64{size}
	for power := uint64(1); power <= size; power *= 2 {
		for _, near := range []uint64{power - 1, power, power + 1} {
			if 0 < near && near < size {
				sizes = append(sizes, near)
			}
		}
	}
	return sizes
}

// included: the leaf at this index, as its bundle has it, is in the tree.
func included(
	ctx context.Context, log client.FileFetcher, proofs *client.ProofBuilder,
	index, size uint64, root []byte,
) error {
	bundle, err := client.GetEntryBundle(ctx, log.ReadEntryBundle, index/256, size)
	if err != nil {
		return err
	}
	path, err := proofs.InclusionProof(ctx, index)
	if err != nil {
		return err
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(bundle.Entries[index%256])
	return proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf, path, root)
}

// consistent: the tree grew from the one of its first leaves, whose root their hashes give.
func consistent(
	ctx context.Context, log client.FileFetcher, proofs *client.ProofBuilder,
	earlier, size uint64, root []byte,
) error {
	leaves, err := client.FetchLeafHashes(ctx, log.ReadTile, 0, earlier, size)
	if err != nil {
		return err
	}
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	before := factory.NewEmptyRange(0)
	for _, leaf := range leaves {
		if err := before.Append(leaf, nil); err != nil {
			return err
		}
	}
	earlierRoot, err := before.GetRootHash(nil)
	if err != nil {
		return err
	}
	path, err := proofs.ConsistencyProof(ctx, earlier, size)
	if err != nil {
		return err
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, earlier, size, path, earlierRoot, root)
}

// leafHashes are those of the entries in a bundle, in the bundle's standard form.
func leafHashes(data []byte) ([][]byte, error) {
	bundle := api.EntryBundle{}
	if err := bundle.UnmarshalText(data); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(bundle.Entries))
	for _, entry := range bundle.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}
