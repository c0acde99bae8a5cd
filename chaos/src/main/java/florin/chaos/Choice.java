package florin.chaos;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * All that chance decides about one operation, drawn at once: so what a client's n-th operation tries does not hang on how
 * long earlier ones took or what they were answered.
 *
 * @param kind in percent of all operations
 * @param account which of the accounts that are known by then
 * @param target which other one
 * @param amountMinor what moves
 * @param keyed with an Idempotency-Key
 * @param odd something that has to be refused, as another currency or an account that does not exist
 * @param patience how long the client waits for an answer
 * @param insists asks again until there is an answer that decides, or gives up
 * @param repeats asks again although it was answered
 * @param pauseMillis until the next operation
 */
record Choice(
        int kind,
        int account,
        int target,
        long amountMinor,
        boolean keyed,
        boolean odd,
        Duration patience,
        boolean insists,
        boolean repeats,
        int pauseMillis) {

    private static final int LARGEST_AMOUNT_MINOR = 20_000;
    private static final int PATIENT_MILLIS = 5_000;
    private static final int IMPATIENT_MILLIS = 250;
    private static final int LONGEST_PAUSE_MILLIS = 150;

    static Choice draw(SplittableRandom random) {
        return new Choice(
                random.nextInt(100),
                random.nextInt(Integer.MAX_VALUE),
                random.nextInt(Integer.MAX_VALUE),
                random.nextLong(1, LARGEST_AMOUNT_MINOR),
                random.nextInt(100) < 75,
                random.nextInt(100) < 4,
                Duration.ofMillis(random.nextInt(100) < 85 ? PATIENT_MILLIS : random.nextInt(5, IMPATIENT_MILLIS)),
                random.nextInt(100) < 75,
                random.nextInt(100) < 12,
                random.nextInt(LONGEST_PAUSE_MILLIS));
    }
}
