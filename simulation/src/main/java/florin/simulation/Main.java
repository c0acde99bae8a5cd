package florin.simulation;

/** {@code ./florin simulate}: runs seeds, and prints what went wrong or how often each fault met each step. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        long seeds = Long.parseLong(arguments[0]);
        long from = Long.parseLong(arguments[1]);
        Coverage coverage = new Coverage();
        long begin = System.nanoTime();
        long happened = 0, events = 0, failed = 0;
        for (long seed = from; seed < from + seeds; seed++) {
            Outcome outcome = new Simulation(seed, Bug.NONE).counting(coverage).run();
            happened += outcome.happened();
            events += outcome.events();
            if (outcome.violation().isPresent()) {
                failed++;
                System.out.println("seed " + seed + " " + outcome.violation().get());
            }
        }
        System.out.println(coverage.table());
        System.out.println(coverage.missing());
        System.out.println(failed + " failed, " + happened + " happened, " + events + " events, ms " + (System.nanoTime() - begin) / 1000000);
    }
}
