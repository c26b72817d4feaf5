package cli

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// The command lines that output tells the reader to type next. Each works as it is printed, in the folder and environment of the run, but
// for what it says in capitals. A manifest from standard input is gone, so that there is none.

// renewCommand returns the command line that renews what a difference is about, and touches no other root. Of several accounts it names the
// files of that one, and the account where a file is for others too: another account may list the same address. It is "" for a manifest
// from standard input, which is gone.
func (a *app) renewCommand(d *plan.Difference) string {
	if slices.Contains(a.files, "-") {
		return ""
	}
	files, manifests, at := a.files, a.manifests, d.Address.String()
	target := at
	if i := slices.IndexFunc(manifests, func(m *plan.Manifest) bool { return hasEntryAt(m, d.Source) }); i >= 0 && len(manifests) > 1 {
		files, manifests = manifests[i].Files, manifests[i:i+1]
		if slices.ContainsFunc(a.manifests, func(m *plan.Manifest) bool { return m != manifests[0] && sharesFile(m.Files, files) }) {
			target = cmp.Or(manifests[0].Account.Name, manifests[0].Account.ID) + "=" + at
		}
	}
	command := a.again("apply", files) + a.reaching(manifests)
	return command + " --" + flagRenew + " " + shellWord(at) + " --" + flagTarget + " " + shellWord(target)
}

// hasEntryAt reports whether the manifest has an entry at a place.
func hasEntryAt(m *plan.Manifest, at plan.Position) bool {
	for _, entries := range m.Sections {
		if slices.ContainsFunc(entries, func(entry *plan.Node) bool { return entry.At == at }) {
			return true
		}
	}
	return false
}

func sharesFile(x, y []string) bool {
	return slices.ContainsFunc(x, func(file string) bool { return slices.Contains(y, file) })
}

// lookCommand returns the command line that shows what a notification is about. It has no addresses: chats make links of them.
func (a *app) lookCommand() string {
	return a.again("drift", a.files) + a.snapshots() + a.assuming(a.manifests)
}

// restoringNames returns the settings of the plan that drift saves. A limit on deletes that the command line has not given is named with
// the command line that gives it.
func (a *app) restoringNames(o *driftOptions, s *saver) plan.SettingNames {
	names := settingNames
	if s == nil || o.maxDeletes != "" || slices.Contains(a.files, "-") {
		return names
	}
	command := a.again("drift", a.files) + a.snapshots() + a.reaching(a.manifests)
	if o.now != "" {
		command += " --now " + shellWord(o.now)
	}
	if o.acknowledged {
		command += " --" + flagAcknowledged
	}
	command += " --out " + shellWord(s.file)
	if s.key != nil {
		command += " --sign " + shellWord(s.keyFile)
	}
	names.MaxDeletes = command + " " + names.MaxDeletes
	return names
}

// withSaved returns the flags by which a saved plan is applied to the account of its run, each with a space before it. It is held against
// the manifest, which has the endpoints too, unless that came from standard input. With a manifest, a limit and a renewal count only where
// they are given again.
func (a *app) withSaved(o saved.Options) (flags string) {
	if !slices.Contains(a.files, "-") {
		for _, file := range a.files {
			flags += " -f " + shellWord(file)
		}
		for _, at := range o.Renew {
			flags += " --" + flagRenew + " " + shellWord(at.String())
		}
		if !o.MaxDeletes.IsZero() {
			flags += " --" + flagMaxDeletes + " " + shellWord(o.MaxDeletes.String())
		}
	}
	return flags + a.sim.again() + a.reaching(a.manifests)
}

// publicKey returns the file beside a private key that ssh-keygen writes the public one to; else a word that stands for one.
func publicKey(private string) string {
	if _, err := os.Stat(private + ".pub"); err != nil {
		return "KEYS"
	}
	return shellWord(private + ".pub")
}

// again returns the command line of a command for these manifests and the same cloud.
func (a *app) again(command string, files []string) string {
	words := []string{"agencyctl", command}
	for _, file := range files {
		words = append(words, "-f", shellWord(file))
	}
	return strings.Join(words, " ") + a.sim.again()
}

// snapshots returns the files of live state that the run was given, each as a flag with a space before it.
func (a *app) snapshots() (flags string) {
	for _, file := range a.live {
		flags += " --" + flagLive + " " + shellWord(file)
	}
	return flags
}

// reaching returns the flags by which this run reaches the accounts of manifests, each with a space before it.
func (a *app) reaching(manifests []*plan.Manifest) (flags string) {
	for _, point := range a.points {
		flags += " --endpoint " + shellWord(point)
	}
	return flags + a.assuming(manifests)
}

// assuming returns the agencies that this run works as in the accounts of manifests, nil for those of all accounts, each as a flag with a
// space before it.
func (a *app) assuming(manifests []*plan.Manifest) (flags string) {
	for _, v := range a.assume {
		account, _, isOne := strings.Cut(v, "=")
		if _, err := manifestFor(account, manifests); !isOne || err == nil || manifests == nil {
			flags += " --assume " + shellWord(v)
		}
	}
	return flags
}
