/** The two projections, the rows of their generations and the queries that read those. */
package florin.account.query.projection;
