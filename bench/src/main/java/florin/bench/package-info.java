/** Benchmarks: a program per claim, each against any address, with a reference measured in the same run. */
package florin.bench;
