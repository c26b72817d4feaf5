// Package signature signs files with SSH keys and checks such signatures, in the format that "ssh-keygen -Y sign" writes
// and "ssh-keygen -Y verify" reads: people have these keys, and can check a signature without us.
//
// It knows nothing of what it signs but a namespace, which keeps a signature for one purpose from being used for another.
// Start reading at [Sign] and [Verify].
package signature
