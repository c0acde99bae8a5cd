/**
 * How many transfers a second the platform completes, against the same transfers as single ACID transactions in one
 * PostgreSQL, measured in the same run. {@link florin.bench.transfer.TransferRate} is the program.
 */
package florin.bench.transfer;
