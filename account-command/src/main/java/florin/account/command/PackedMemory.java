package florin.account.command;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A memory as it stands in a snapshot. A busy account remembers a hundred thousand transfers, and a snapshot has to fit into one
 * message, so an entry takes some 22 bytes, 30 as base64, instead of the 100 of a JSON object: in Protocol Buffers' encoding
 * the state and the kind of its id, the id's two numbers or its text, the amount, and the time since the entry before.
 */
final class PackedMemory<S> {

    private static final List<String> STARTS = List.of("", Memory.Id.OF_TRANSFER);
    /** An id that is all text. */
    private static final int TEXT = STARTS.size();

    private static final int KINDS = TEXT + 1;

    @JsonProperty
    private final List<S> states;

    @JsonProperty
    private final byte[] entries;

    @JsonProperty
    private final long forgottenUntil;

    PackedMemory(
            @JsonProperty("states") List<S> states,
            @JsonProperty("entries") byte[] entries,
            @JsonProperty("forgottenUntil") long forgottenUntil) {
        this.states = states;
        this.entries = entries;
        this.forgottenUntil = forgottenUntil;
    }

    static <S> PackedMemory<S> of(Map<Memory.Id, Memory.Entry<S>> memory, long forgottenUntil) {
        List<S> states =
                memory.values().stream().map(Memory.Entry::state).distinct().toList();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            long before = 0;
            for (Map.Entry<Memory.Id, Memory.Entry<S>> remembered : memory.entrySet()) {
                Memory.Entry<S> entry = remembered.getValue();
                write(remembered.getKey(), states.indexOf(entry.state()), out);
                out.writeUInt64NoTag(entry.amountMinor());
                out.writeSInt64NoTag(entry.at() - before);
                before = entry.at();
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new PackedMemory<>(states, bytes.toByteArray(), forgottenUntil);
    }

    private static void write(Memory.Id id, int state, CodedOutputStream out) throws IOException {
        int kind = id.isUuid() ? STARTS.indexOf(id.start()) : TEXT;
        out.writeUInt32NoTag(state * KINDS + kind);
        if (kind == TEXT) {
            writeText(id.start(), out);
        } else {
            out.writeFixed64NoTag(id.high());
            out.writeFixed64NoTag(id.low());
        }
    }

    /** Char by char: whatever a client chose comes back as it was, also what is no Unicode. */
    private static void writeText(String text, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(text.length());
        for (int index = 0; index < text.length(); index++) {
            out.writeUInt32NoTag(text.charAt(index));
        }
    }

    private static String readText(CodedInputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int left = in.readUInt32(); left > 0; left--) {
            text.append((char) in.readUInt32());
        }
        return text.toString();
    }

    Map<Memory.Id, Memory.Entry<S>> entries() {
        Map<Memory.Id, Memory.Entry<S>> memory = new LinkedHashMap<>();
        CodedInputStream in = CodedInputStream.newInstance(entries);
        try {
            long at = 0;
            while (!in.isAtEnd()) {
                int head = in.readUInt32();
                int kind = head % KINDS;
                Memory.Id id = kind == TEXT
                        ? new Memory.Id(readText(in), 0, 0)
                        : new Memory.Id(STARTS.get(kind), in.readFixed64(), in.readFixed64());
                long amountMinor = in.readUInt64();
                at += in.readSInt64();
                memory.put(id, new Memory.Entry<>(states.get(head / KINDS), amountMinor, at));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return memory;
    }

    long forgottenUntil() {
        return forgottenUntil;
    }
}
