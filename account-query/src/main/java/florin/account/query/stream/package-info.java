/** Entries as they come: streams of server-sent events, fed from the read model. */
package florin.account.query.stream;
