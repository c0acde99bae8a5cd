/**
 * The read side of accounts: projects the events of all branches into accounts and double entries in a database of its
 * own, answers queries about them, and rebuilds a projection from the first event on request.
 *
 * <p>A projection shows the rebuild while it is replayed: rows vanish with the reset and come back in the order of the
 * events. {@code GET /projections} says so ({@code replaying}).
 */
package florin.account.query;
