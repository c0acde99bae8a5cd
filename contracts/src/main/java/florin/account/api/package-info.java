/** The published language of accounts: commands that a branch obeys, events that it records, queries and their answers. */
package florin.account.api;
