/**
 * The service that moves money between accounts: takes requests for transfers, drives each through reserve, credit and
 * capture, and shows how far it is. The truth about a transfer is its aggregate; the saga only sends commands that may
 * arrive twice.
 */
package florin.transfer.saga;
