package saved

import "encoding/json"

// DigestOf is the digest that a saved plan's file holds of its other bytes.
func DigestOf(text []byte) string { return digest(text) }

// Reseal gives a saved plan's file the bytes and the digest that Encode would, without any of the checks of reading it; nil
// where it is not even of that form.
func Reseal(text []byte) []byte {
	var file savedFile
	if json.Unmarshal(text, &file) != nil {
		return nil
	}
	file.Digest = ""
	bare, err := canonical(file)
	if err != nil {
		return nil
	}
	file.Digest = digest(bare)
	whole, err := canonical(file)
	if err != nil {
		return nil
	}
	return whole
}
