package florin.eventstore.streams;

import com.google.protobuf.ByteString;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Filters written in the part of Axon Server's query language that tells one event from another by its fields:
 *
 * <pre>
 * filter     = and { "or" and }
 * and        = term { "and" term }
 * term       = "not" term | "(" filter ")" | comparison
 * comparison = value ( "=" | "!=" | "&lt;&gt;" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" | "contains" ) value
 *            | value "in" "[" value { "," value } "]"
 *            | "contains" "(" value "," value ")"
 * value      = field | whole number | text in double quotes, where a backslash takes the next character as it is
 * </pre>
 *
 * <p>Two numbers compare as numbers, all else compares as text.
 */
final class EventFilter {
    private static final int MAX_DEPTH = 100;
    private static final String SUPPORTED = "; a filter compares token, aggregateIdentifier, aggregateSequenceNumber,"
            + " aggregateType, payloadType, payloadRevision, payloadData, timestamp, numbers and \"texts\" by"
            + " = != <> < <= > >=, in [...] or contains, and combines that by and, or, not and parentheses";

    /** Of a payload that has more, no text is looked at. */
    private static final int MAX_TEXT_BYTES = 256 << 10;

    /** An event whose payload is made a text at most once, however often the filter asks for it. */
    private static final class Candidate {
        private final EventWithToken event;
        private final int maxTextBytes;
        private String text;

        private Candidate(EventWithToken event, int maxTextBytes) {
            this.event = event;
            this.maxTextBytes = maxTextBytes;
        }

        private long token() {
            return event.getToken();
        }

        private Event event() {
            return event.getEvent();
        }

        private String text() {
            if (text == null) {
                ByteString payload = event().getPayload().getData();
                text = payload.size() > maxTextBytes ? "" : payload.toStringUtf8();
            }
            return text;
        }
    }

    private static final Map<String, Function<Candidate, Object>> FIELDS = Map.of(
            "token", Candidate::token,
            "aggregateIdentifier", candidate -> candidate.event().getAggregateIdentifier(),
            "aggregateSequenceNumber", candidate -> candidate.event().getAggregateSequenceNumber(),
            "aggregateType", candidate -> candidate.event().getAggregateType(),
            "payloadType", candidate -> candidate.event().getPayload().getType(),
            "payloadRevision", candidate -> candidate.event().getPayload().getRevision(),
            "payloadData", Candidate::text,
            "timestamp", candidate -> candidate.event().getTimestamp());

    private static final Map<String, IntPredicate> COMPARISONS = Map.of(
            "=", order -> order == 0,
            "!=", order -> order != 0,
            "<>", order -> order != 0,
            "<", order -> order < 0,
            "<=", order -> order <= 0,
            ">", order -> order > 0,
            ">=", order -> order >= 0);

    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(?:(?<word>[A-Za-z]+)|(?<number>-?\\d{1,18})(?![\\w.])|\"(?<text>(?:[^\"\\\\]|\\\\.)*+)\""
                    + "|(?<sign>!=|<>|<=|>=|[=<>()\\[\\],]))");

    private enum Kind {
        WORD,
        NUMBER,
        TEXT,
        SIGN,
        END
    }

    private record Token(Kind kind, String text, int start) {}

    private final List<Token> tokens;
    private int next;
    private int depth;

    private EventFilter(List<Token> tokens) {
        this.tokens = tokens;
    }

    /**
     * Blank accepts every event.
     *
     * @param isBounded false of a stream that was made before there was a bound for payloads: it goes on to accept what it did
     */
    static Predicate<EventWithToken> parse(String expression, boolean isBounded) {
        if (expression.isBlank()) {
            return event -> true;
        }
        EventFilter parser = new EventFilter(tokens(expression.stripTrailing()));
        Predicate<Candidate> filter = parser.disjunction();
        if (parser.peek().kind() != Kind.END) {
            throw parser.unexpected();
        }
        int maxTextBytes = isBounded ? MAX_TEXT_BYTES : Integer.MAX_VALUE;
        return event -> filter.test(new Candidate(event, maxTextBytes));
    }

    private static List<Token> tokens(String expression) {
        List<Token> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(expression);
        int end = 0;
        while (end < expression.length()) {
            matcher.region(end, expression.length());
            if (!matcher.lookingAt()) {
                throw refusal(end, expression.substring(end).strip());
            }
            end = matcher.end();
            if (matcher.group("word") != null) {
                tokens.add(new Token(Kind.WORD, matcher.group("word"), matcher.start("word")));
            } else if (matcher.group("number") != null) {
                tokens.add(new Token(Kind.NUMBER, matcher.group("number"), matcher.start("number")));
            } else if (matcher.group("text") != null) {
                String text = matcher.group("text").replaceAll("(?s)\\\\(.)", "$1");
                tokens.add(new Token(Kind.TEXT, text, matcher.start("text") - 1));
            } else {
                tokens.add(new Token(Kind.SIGN, matcher.group("sign"), matcher.start("sign")));
            }
        }
        tokens.add(new Token(Kind.END, "its end", expression.length()));
        return tokens;
    }

    private static Refusal refusal(int start, String found) {
        return Refusal.invalid("the filter cannot be read from character " + (start + 1) + " on, at "
                + found.substring(0, Math.min(found.length(), 40)) + SUPPORTED);
    }

    private Refusal unexpected() {
        return refusal(peek().start(), peek().text());
    }

    private Token peek() {
        return tokens.get(next);
    }

    private boolean take(Kind kind, String text) {
        boolean is = peek().kind() == kind && peek().text().equals(text);
        next += is ? 1 : 0;
        return is;
    }

    private void require(String sign) {
        if (!take(Kind.SIGN, sign)) {
            throw unexpected();
        }
    }

    private Predicate<Candidate> disjunction() {
        List<Predicate<Candidate>> filters = new ArrayList<>(List.of(conjunction()));
        while (take(Kind.WORD, "or")) {
            filters.add(conjunction());
        }
        return event -> filters.stream().anyMatch(filter -> filter.test(event));
    }

    private Predicate<Candidate> conjunction() {
        List<Predicate<Candidate>> filters = new ArrayList<>(List.of(term()));
        while (take(Kind.WORD, "and")) {
            filters.add(term());
        }
        return event -> filters.stream().allMatch(filter -> filter.test(event));
    }

    private Predicate<Candidate> term() {
        if (++depth > MAX_DEPTH) {
            throw Refusal.invalid("a filter may be nested " + MAX_DEPTH + " times at most");
        }
        Predicate<Candidate> term;
        if (take(Kind.WORD, "not")) {
            term = term().negate();
        } else if (take(Kind.SIGN, "(")) {
            term = disjunction();
            require(")");
        } else {
            term = comparison();
        }
        depth--;
        return term;
    }

    private Predicate<Candidate> comparison() {
        if (take(Kind.WORD, "contains")) {
            require("(");
            Function<Candidate, Object> whole = value();
            require(",");
            Function<Candidate, Object> part = value();
            require(")");
            return contains(whole, part);
        }
        Function<Candidate, Object> left = value();
        if (take(Kind.WORD, "contains")) {
            return contains(left, value());
        }
        if (take(Kind.WORD, "in")) {
            return in(left);
        }
        IntPredicate comparison = peek().kind() == Kind.SIGN ? COMPARISONS.get(peek().text()) : null;
        if (comparison == null) {
            throw unexpected();
        }
        next++;
        Function<Candidate, Object> right = value();
        return event -> comparison.test(order(left.apply(event), right.apply(event)));
    }

    private static Predicate<Candidate> contains(Function<Candidate, Object> whole, Function<Candidate, Object> part) {
        return event -> whole.apply(event).toString().contains(part.apply(event).toString());
    }

    private Predicate<Candidate> in(Function<Candidate, Object> left) {
        List<Function<Candidate, Object>> members = new ArrayList<>();
        require("[");
        do {
            members.add(value());
        } while (take(Kind.SIGN, ","));
        require("]");
        return event -> {
            Object value = left.apply(event);
            return members.stream().anyMatch(member -> order(value, member.apply(event)) == 0);
        };
    }

    private Function<Candidate, Object> value() {
        Token token = peek();
        Function<Candidate, Object> value =
                switch (token.kind()) {
                    case WORD -> FIELDS.get(token.text());
                    case NUMBER -> constant(Long.valueOf(token.text()));
                    case TEXT -> constant(token.text());
                    case SIGN, END -> null;
                };
        if (value == null) {
            throw unexpected();
        }
        next++;
        return value;
    }

    private static Function<Candidate, Object> constant(Object value) {
        return event -> value;
    }

    private static int order(Object left, Object right) {
        return left instanceof Long first && right instanceof Long second
                ? first.compareTo(second)
                : left.toString().compareTo(right.toString());
    }
}
