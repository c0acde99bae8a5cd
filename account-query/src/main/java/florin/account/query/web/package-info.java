/** HTTP in, query gateway or projection control out. */
package florin.account.query.web;
