package florin.launcher;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** Unpacks the PostgreSQL that Maven brought for this platform, once, into the cache folder. */
final class PostgresqlBinaries {
    private PostgresqlBinaries() {}

    /** The folder with {@code bin/postgres}. */
    static Path unpack(Path cache) {
        String resource = "/" + archiveName();
        try (InputStream archive = open(resource)) {
            Path folder = cache.resolve("postgresql-" + Hashes.of(archive));
            return UnpackedFolder.once(folder, draft -> {
                try (InputStream again = open(resource)) {
                    untar(again, draft);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) {
        InputStream archive = PostgresqlBinaries.class.getResourceAsStream(resource);
        if (archive == null) {
            throw new LauncherException("There is no PostgreSQL for this platform in the build (" + resource
                    + " is missing): build Florin on the machine that it runs on.");
        }
        return archive;
    }

    private static String archiveName() {
        String system = OperatingSystem.isMac() ? "darwin" : "linux";
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        return "postgres-" + system + "-" + (arm ? "arm_64" : "x86_64") + ".txz";
    }

    private static void untar(InputStream archive, Path folder) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new BufferedInputStream(new XZInputStream(new BufferedInputStream(archive))))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = folder.resolve(entry.getName()).normalize();
                if (!target.startsWith(folder)) {
                    throw new IOException("an entry outside of the archive: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                    continue;
                }
                Files.createDirectories(target.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
                } else if (entry.isLink()) {
                    Files.createLink(target, folder.resolve(entry.getLinkName()));
                } else {
                    Files.copy(tar, target);
                    if ((entry.getMode() & 0100) != 0) {
                        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(target);
                        permissions.add(PosixFilePermission.OWNER_EXECUTE);
                        permissions.add(PosixFilePermission.GROUP_EXECUTE);
                        permissions.add(PosixFilePermission.OTHERS_EXECUTE);
                        Files.setPosixFilePermissions(target, permissions);
                    }
                }
            }
        }
    }
}
