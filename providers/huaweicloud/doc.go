// Package huaweicloud is the connection to one account of Huawei Cloud or Open Telekom Cloud that all services share:
// credentials, endpoints, signing, retry, rate limits and the decoding of errors.
//
// It knows how to make a call, and must not know what any call means: that belongs to the services and, for what they
// share about identities, to the subfolder directory. Start reading at [Connect] and [Connection.Do].
package huaweicloud
