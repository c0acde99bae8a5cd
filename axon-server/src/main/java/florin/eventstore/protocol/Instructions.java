package florin.eventstore.protocol;

import io.axoniq.axonserver.grpc.InstructionAck;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads the processing instructions that accompany commands and queries. */
public final class Instructions {
    private Instructions() {}

    public static Optional<MetaDataValue> find(List<ProcessingInstruction> instructions, ProcessingKey key) {
        for (ProcessingInstruction instruction : instructions) {
            if (instruction.getKey() == key) {
                return Optional.of(instruction.getValue());
            }
        }
        return Optional.empty();
    }

    public static OptionalLong number(List<ProcessingInstruction> instructions, ProcessingKey key) {
        Optional<MetaDataValue> value = find(instructions, key);
        return value.isPresent() ? OptionalLong.of(value.get().getNumberValue()) : OptionalLong.empty();
    }

    /** How long the sender waits, in milliseconds; what is given if it does not say. */
    public static long timeoutMs(List<ProcessingInstruction> instructions, long otherwise) {
        long wanted = number(instructions, ProcessingKey.TIMEOUT).orElse(0);
        return wanted > 0 ? wanted : otherwise;
    }

    public static Optional<String> routingKey(List<ProcessingInstruction> instructions) {
        return find(instructions, ProcessingKey.ROUTING_KEY)
                .map(value -> switch (value.getDataCase()) {
                    case NUMBER_VALUE -> Long.toString(value.getNumberValue());
                    case BOOLEAN_VALUE -> Boolean.toString(value.getBooleanValue());
                    case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
                    default -> value.getTextValue();
                })
                .filter(key -> !key.isEmpty());
    }

    public static InstructionAck acknowledge(String instructionId) {
        return InstructionAck.newBuilder()
                .setInstructionId(instructionId)
                .setSuccess(true)
                .build();
    }
}
