package florin.launcher;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The text behind {@code --help}. */
final class Help {
    private static final Map<String, List<String>> COMMANDS = commands();

    private Help() {}

    private static Map<String, List<String>> commands() {
        Map<String, List<String>> commands = new LinkedHashMap<>();
        commands.put(
                "demo",
                List.of(
                        "demo",
                        "start everything on free ports, move money, check it, stop",
                        "Starts all processes on a new temporary folder and free ports, opens an account at each of two\n"
                                + "branches, moves money between them over HTTP, prints each request as a curl command with"
                                + " its\nresponse, checks every answer, stops everything and deletes the folder. Exit code 0"
                                + " if all was as\nit should be; otherwise 1, and the logs are kept. With --data DIR it takes a new"
                                + " or empty folder and keeps it."));
        commands.put(
                "up",
                List.of(
                        "up",
                        "start everything and keep it running until Ctrl-C",
                        "Starts all processes on fixed ports with a data folder that survives restarts, prints the"
                                + " addresses,\nand starts a process again when it dies. Ctrl-C, SIGTERM or ./florin down"
                                + " stops all."));
        commands.put(
                "status",
                List.of(
                        "status",
                        "list the processes of a running ./florin up",
                        "Lists each process with its number, health, restarts and address. Exit code 0 if all are ready,"
                                + "\notherwise 1."));
        commands.put(
                "down",
                List.of(
                        "down",
                        "stop a running ./florin up from another shell",
                        "Stops the ./florin up of the data folder in order, and whatever a killed one left behind."));
        commands.put(
                "logs",
                List.of(
                        "logs NAME",
                        "print the log of a process; with -f go on printing",
                        "Prints the log of one process: postgresql, axon-server, account-command-flno,\n"
                                + "account-command-flso, transfer-saga or account-query. With -f it goes on printing what"
                                + " is added."));
        commands.put(
                "simulate",
                List.of(
                        "simulate",
                        "run the transfer protocol through every fault, in simulated time",
                        "Runs accounts, transfers and their saga in one thread over a simulated network, clock and event"
                                + " store,\neach seed with faults of its own, and checks the books after every step. Prints a"
                                + " small history\nof a seed that breaks them, and how often each fault met each step. Exit"
                                + " code 0 if nothing was\nbroken, otherwise 1. docs/simulation.md tells how to read it.",
                        """

                        Options:
                          --seeds N     how many seeds (default: 100)
                          --from S      the first of them (default: 1)
                          --bug NAME    puts a deliberate bug into the bank, to see it found
                        """));
        commands.put(
                "chaos",
                List.of(
                        "chaos",
                        "break everything that can break, and check what clients were told",
                        "Starts all processes on a new temporary folder and free ports, runs clients, and meanwhile kills"
                                + " and\npauses processes, and cuts and stalls connections. Then it lets all come to rest and"
                                + " compares what\nclients were told with the event store and with the read models. Exit code"
                                + " 0 if all invariants\nheld; otherwise 1, and data, logs, answers and events are kept."
                                + " docs/chaos.md tells how to read the report.",
                        """

                        Options:
                          --minutes M   how long faults are injected, 60 at most (default: 1)
                          --seed S      of the clients' choices and the order of faults (default: a random one)
                          --instances N of each branch, transfer-saga and account-query, 1 or 2 (default: 1)
                          --data DIR    a new folder, which is kept (default: a temporary one)
                        """));
        return commands;
    }

    static boolean knows(String command) {
        return COMMANDS.containsKey(command);
    }

    static String overview() {
        StringBuilder text = new StringBuilder("Usage: ./florin COMMAND [OPTION…]\n\nCommands:\n");
        COMMANDS.values().forEach(lines -> text.append("  %-11s %s%n".formatted(lines.get(0), lines.get(1))));
        text.append("  %-11s %s%n".formatted("--help", "this text; ./florin COMMAND --help tells more"));
        return text.append(options(EnumSet.allOf(Setting.class))).toString();
    }

    static String of(String command) {
        List<String> lines = COMMANDS.get(command);
        if (lines == null) {
            return overview();
        }
        String options = lines.size() > 3 ? lines.get(3) : options(Setting.of(command));
        return "Usage: ./florin " + lines.get(0) + " [OPTION…]\n\n" + lines.get(2) + "\n" + options;
    }

    private static String options(Set<Setting> settings) {
        StringBuilder text = new StringBuilder("\nOptions (each also as an environment variable, or as a line of"
                + " florin.properties beside the script;\nan option wins over the environment, that over the file):\n");
        for (Setting setting : settings) {
            String option = setting.option() + " " + setting.placeholder();
            String value = setting.defaultValue().isEmpty() ? "" : " (default: " + setting.defaultValue() + ")";
            text.append("  %-36s %s%s%n".formatted(option, setting.description(), value));
        }
        return text.append(
                        """

                        As an environment variable --data is FLORIN_DATA, and a further dash an underscore;
                        in florin.properties it is data=….
                        """)
                .toString();
    }
}
