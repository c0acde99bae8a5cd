package florin.launcher;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Locale;

/** Something a person has to know and can act on; its message is one sentence that is printed as it is. */
public class LauncherException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LauncherException(String sentence) {
        super(sentence);
    }

    public LauncherException(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    /** What a person can read of a failure; the message of many is the name of a file only. */
    static String reason(IOException e) {
        if (e instanceof FileSystemException about && about.getReason() == null) {
            String kind = e.getClass().getSimpleName().replace("Exception", "").replaceAll("(?<=[a-z])(?=[A-Z])", " ");
            return about.getFile() + ": " + kind.toLowerCase(Locale.ROOT);
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
