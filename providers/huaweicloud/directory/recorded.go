package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// question is what IAM is asked, as a recording has it.
func question(about, at string) providers.Question {
	return providers.Question{Service: huaweicloud.ServiceIAM, About: about, At: at}
}

// kept is what a list that is recorded holds. A recording comes from a file, which is trusted no more than the cloud is.
type kept interface{ usable() bool }

// asked returns a list: see [huaweicloud.Asked].
func asked[T kept](
	ctx context.Context, c *Client, about, at string, read func(context.Context) (Listed[T], error),
) (Listed[T], error) {
	q := question(about, at)
	l, err := huaweicloud.Asked(ctx, c.conn, q, func(ctx context.Context) (Listed[T], error) {
		l, err := read(ctx)
		if l.All == nil {
			l.All = []T{}
		}
		return l, err
	})
	if err == nil && slices.ContainsFunc(l.All, func(v T) bool { return !v.usable() }) {
		return Listed[T]{}, unusable(q)
	}
	return l, err
}

// RecordRest asks for what an observation of another coverage may ask for and one of the whole account need not: the quotas, and the
// names of enterprise projects. Where answers are not recorded, it asks nothing. An answer of the cloud that refuses one of them is
// recorded too.
func (d *Directory) RecordRest(ctx context.Context) error {
	if !d.conn.Records() {
		return nil
	}
	recorded := func(about string, err error) error {
		if _, known := d.conn.Recording().Answer(question(about, "")); known {
			return nil
		}
		return err
	}
	return Together(ctx,
		func(ctx context.Context) error {
			_, err := d.ListQuotas(ctx, "")
			return recorded("quotas", err)
		},
		func(ctx context.Context) error {
			_, err := d.EnterpriseProjects(ctx)
			return recorded("enterprise projects", err)
		},
	)
}

// unusable is the error of an answer in a recording that the cloud cannot have given.
func unusable(q providers.Question) error {
	return fmt.Errorf("%w: the answer to %s holds an id or a name that cannot be used", providers.ErrBadSnapshot, q)
}
