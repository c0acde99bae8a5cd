/** HTTP in, query gateway, streams of entries or projection control out. */
package florin.account.query.web;
