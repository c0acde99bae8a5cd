/**
 * A branch: it holds accounts and obeys the commands for them.
 *
 * <p>{@code Account} is the event-sourced aggregate with every rule of the money. {@code AccountController} turns requests
 * into commands. {@code AccountRegistry} is the branch's own table of its accounts: it hands out account numbers and sees
 * that a customer has one account a currency, which no single aggregate can see; {@code RegistryProjection} makes it agree
 * with the events whatever crashed between the two stores.
 */
package florin.account.command;
