/** The two projections, their rows and the queries that read them. */
package florin.account.query.projection;
