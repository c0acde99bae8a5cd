/** Money as ISO 4217 knows it: whole minor units of one currency, never a floating-point number. */
package florin.money;
