/** The published language of transfers between accounts of any branches. */
package florin.transfer.api;
