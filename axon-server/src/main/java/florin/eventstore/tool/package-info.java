/** What is done to a store from outside, by commands of the jar. */
package florin.eventstore.tool;
