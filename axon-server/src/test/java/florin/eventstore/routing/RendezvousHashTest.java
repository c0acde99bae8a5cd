package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RendezvousHashTest {
    private static final List<String> KEYS =
            IntStream.range(0, 2000).mapToObj(number -> "key " + number).toList();

    private final RendezvousHash<String> hash = new RendezvousHash<>();

    @Test
    void membersThatCameAndWentLeaveNoTrace() {
        for (int member = 0; member < 20; member++) {
            hash.put("member " + member, "name " + member, 100);
        }
        hash.put("member 3", "name 3", 10);
        hash.put("member 4", "another name", 100);
        for (int member = 5; member < 20; member++) {
            hash.remove("member " + member);
        }
        hash.remove("nobody");
        RendezvousHash<String> anew = new RendezvousHash<>();
        anew.put("member 4", "another name", 100);
        anew.put("member 3", "name 3", 10);
        for (int member = 0; member < 3; member++) {
            anew.put("member " + member, "name " + member, 100);
        }

        assertThat(owners(hash)).isEqualTo(owners(anew));
    }

    @Test
    void whenAMemberLeavesOnlyItsKeysMove() {
        for (int member = 0; member < 5; member++) {
            hash.put("member " + member, "name " + member, 100);
        }
        Map<String, String> before = owners(hash);

        hash.remove("member 2");

        assertThat(owners(hash)).allSatisfy((key, owner) -> assertThat(owner)
                .isNotEqualTo("member 2")
                .satisfiesAnyOf(
                        same -> assertThat(same).isEqualTo(before.get(key)),
                        moved -> assertThat(before.get(key)).isEqualTo("member 2")));
    }

    @Test
    void whoJoinsTakesItsShareAndNobodyElseGetsAnything() {
        for (int member = 0; member < 5; member++) {
            hash.put("member " + member, "name " + member, 100);
        }
        Map<String, String> before = owners(hash);

        hash.put("joining", "another name", 250);

        Map<String, String> after = owners(hash);
        assertThat(after).allSatisfy((key, owner) -> assertThat(owner).isIn(before.get(key), "joining"));
        assertThat(after.values()).filteredOn("joining"::equals).hasSizeBetween(600, 734);
    }

    @Test
    void keysAreSharedByWeight() {
        hash.put("one", "name 1", 100);
        hash.put("three", "name 3", 300);
        hash.put("six", "name 6", 600);

        assertThat(owners(hash).values()).filteredOn("one"::equals).hasSizeBetween(150, 250);
        assertThat(owners(hash).values()).filteredOn("three"::equals).hasSizeBetween(540, 660);
        assertThat(owners(hash).values()).filteredOn("six"::equals).hasSizeBetween(1120, 1280);
    }

    /** A client that came back before it was missed. */
    @Test
    void ofTwoMembersOfOneNameTheLaterHasTheKeys() {
        hash.put("new", "name", 100);
        hash.put("old", "name", 100);
        hash.remove("new");
        hash.put("new", "name", 100);
        hash.put("old", "name", 100);

        assertThat(owners(hash).values()).containsOnly("new");
    }

    /** A client that came back before it was missed. */
    @Test
    void whicheverOfTwoMembersOfOneNameLeavesTheOtherHasTheKeys() {
        for (String leaving : List.of("old", "new")) {
            hash.put("old", "name", 100);
            hash.put("new", "name", 100);

            hash.remove(leaving);

            assertThat(owners(hash).values()).containsOnly(leaving.equals("old") ? "new" : "old");
        }
    }

    @Test
    void whicheverOfTwoMembersOfOneNameChangesTheOtherHasTheKeysItLeaves() {
        hash.put("old", "name", 100);
        hash.put("new", "name", 100);
        hash.put("new", "name", 10);
        assertThat(owners(hash).values()).contains("old", "new");

        hash.put("new", "another name", 10);
        hash.remove("new");
        RendezvousHash<String> anew = new RendezvousHash<>();
        anew.put("old", "name", 100);
        assertThat(owners(hash)).isEqualTo(owners(anew));

        hash.put("new", "name", 100);
        hash.put("new", "another name", 0);
        assertThat(owners(hash)).isEqualTo(owners(anew));
    }

    @Test
    void nobodyOwnsAnythingWhereNobodyIs() {
        hash.put("member", "name", 100);
        hash.remove("member");

        assertThat(hash.isEmpty()).isTrue();
        assertThat(hash.memberFor("key")).isNull();
    }

    /** Who chose it just then, and sees that it has left, chooses anew: it would be chosen again and again. */
    @Test
    void aMemberOwnsNothingAnyMoreBeforeItIsNoMember() {
        RendezvousHash<Member> members = new RendezvousHash<>();
        Member leaving = new Member();
        members.put(leaving, "leaving", 100);
        leaving.onComparison = () -> assertThat(members.contains(leaving) || members.memberFor("key") == null)
                .isTrue();

        members.remove(leaving);

        assertThat(members.contains(leaving)).isFalse();
    }

    /** It is compared as it is taken away. */
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

    private static Map<String, String> owners(RendezvousHash<String> hash) {
        Map<String, String> owners = new HashMap<>();
        KEYS.forEach(key -> owners.put(key, hash.memberFor(key)));
        return owners;
    }
}
