package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HashRingTest {
    private static final List<String> KEYS =
            IntStream.range(0, 2000).mapToObj(number -> "key " + number).toList();

    private final HashRing<String> ring = new HashRing<>();

    @Test
    void membersThatCameAndWentLeaveNoTrace() {
        for (int member = 0; member < 20; member++) {
            ring.put("member " + member, "name " + member, 100);
        }
        ring.put("member 3", "name 3", 10);
        ring.put("member 4", "another name", 100);
        for (int member = 5; member < 20; member++) {
            ring.remove("member " + member);
        }
        ring.remove("nobody");
        HashRing<String> anew = new HashRing<>();
        anew.put("member 4", "another name", 100);
        anew.put("member 3", "name 3", 10);
        for (int member = 0; member < 3; member++) {
            anew.put("member " + member, "name " + member, 100);
        }

        assertThat(owners(ring)).isEqualTo(owners(anew));
    }

    @Test
    void whenAMemberLeavesOnlyItsKeysMove() {
        for (int member = 0; member < 5; member++) {
            ring.put("member " + member, "name " + member, 100);
        }
        Map<String, String> before = owners(ring);

        ring.remove("member 2");

        assertThat(owners(ring)).allSatisfy((key, owner) -> assertThat(owner)
                .isNotEqualTo("member 2")
                .satisfiesAnyOf(
                        same -> assertThat(same).isEqualTo(before.get(key)),
                        moved -> assertThat(before.get(key)).isEqualTo("member 2")));
    }

    /** A client that came back before it was missed. */
    @Test
    void whicheverOfTwoMembersOfOneNameLeavesTheOtherHasTheKeys() {
        for (String leaving : List.of("old", "new")) {
            ring.put("old", "name", 100);
            ring.put("new", "name", 100);

            ring.remove(leaving);

            assertThat(owners(ring).values()).containsOnly(leaving.equals("old") ? "new" : "old");
        }
    }

    @Test
    void whicheverOfTwoMembersOfOneNameChangesTheOtherHasThePointsItLeaves() {
        ring.put("old", "name", 100);
        ring.put("new", "name", 100);
        ring.put("new", "name", 10);
        assertThat(owners(ring).values()).contains("old", "new");

        ring.put("new", "another name", 10);
        ring.remove("new");
        HashRing<String> anew = new HashRing<>();
        anew.put("old", "name", 100);
        assertThat(owners(ring)).isEqualTo(owners(anew));

        ring.put("new", "name", 100);
        ring.put("new", "another name", 0);
        assertThat(owners(ring)).isEqualTo(owners(anew));
    }

    @Test
    void nobodyOwnsAnythingOnAnEmptyRing() {
        ring.put("member", "name", 100);
        ring.remove("member");

        assertThat(ring.isEmpty()).isTrue();
        assertThat(ring.memberFor("key")).isNull();
    }

    /** Who chose it just then, and sees that it has left, chooses anew: it would be chosen again and again. */
    @Test
    void aMemberOwnsNothingAnyMoreBeforeItIsNoMember() {
        HashRing<Member> members = new HashRing<>();
        Member leaving = new Member();
        members.put(leaving, "leaving", 100);
        leaving.onComparison = () -> assertThat(members.contains(leaving) || members.memberFor("key") == null)
                .isTrue();

        members.remove(leaving);

        assertThat(members.contains(leaving)).isFalse();
    }

    /** Each of its points is compared as it is taken away. */
    private static final class Member {
        private Runnable onComparison = () -> {};

        @Override
        public boolean equals(Object other) {
            onComparison.run();
            return this == other;
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    private static Map<String, String> owners(HashRing<String> ring) {
        Map<String, String> owners = new HashMap<>();
        KEYS.forEach(key -> owners.put(key, ring.memberFor(key)));
        return owners;
    }
}
