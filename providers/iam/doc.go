// Package iam is the service behind agencies, their grants, and custom policies: on Huawei Cloud and Open Telekom Cloud
// alike.
//
// [Provider] is the offline half: it reads the sections "agencies" and "policies" of a manifest, resolves the names in
// them, holds them against guardrails, and writes manifest entries for what is live. [remote] is the half that reads and
// writes an account. Both make one canonical form of every attribute, so that comparing is plain equality.
//
// How calls are spelled, paged and repeated belongs to huaweicloud and its directory, not here.
package iam
