// Package huaweicloud is the client for one account of Huawei Cloud or Open Telekom Cloud that all services share:
// endpoints, retry, rate limits, redaction and the decoding of errors. Credentials, tokens and signatures come from the
// subfolder auth.
//
// It must not know what any call means: that belongs to the services and, for what they share about identities, to the
// subfolder directory. Start reading at [Connect] and [Connection.Do].
package huaweicloud
