/** The state of the projections, and their replay. */
package florin.account.query.control;
