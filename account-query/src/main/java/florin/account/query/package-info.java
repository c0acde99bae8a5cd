/**
 * The read side of accounts: projects the events of all branches into accounts and double entries in a database of its
 * own, answers queries about them, and rebuilds a projection from the first event on request.
 *
 * <p>A projection is read as it was while it is replayed: a replay builds the next generation of its rows beside those that are
 * read, and takes their place when it is as far. {@code GET /projections} says how far it is.
 */
package florin.account.query;
