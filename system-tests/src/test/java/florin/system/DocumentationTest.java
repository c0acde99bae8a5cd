package florin.system;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.Iban;
import florin.launcher.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A reader who follows a link arrives, and what a page shows is so. */
@ExtendWith(SharedPlatform.class)
class DocumentationTest {

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(#[^)]*)?\\)");
    private static final Pattern IBAN = Pattern.compile("NL[0-9]{2}FL[A-Z]{2}[0-9]{10}");
    private static final Path ROOT = SharedPlatform.root();

    @Test
    void everyRelativeLinkOfTheDocumentationLeadsToAFile() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path page : pages()) {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                String target = link.group(1);
                if (!target.contains("://")) {
                    links++;
                    if (!Files.exists(page.resolveSibling(target))) {
                        broken.add(ROOT.relativize(page) + " -> " + target);
                    }
                }
            }
        }
        assertThat(links).isGreaterThan(30);
        assertThat(broken).isEmpty();
    }

    @Test
    void everyIbanThatIsShownIsOne() throws IOException {
        List<Path> texts = new ArrayList<>(pages());
        texts.add(ROOT.resolve("requests.http"));
        for (String module : List.of("account-command", "account-query", "transfer-saga")) {
            texts.addAll(files(ROOT.resolve(module + "/src/main/java"), ".java"));
        }
        Set<String> ibans = new TreeSet<>();
        for (Path text : texts) {
            IBAN.matcher(Files.readString(text))
                    .results()
                    .map(MatchResult::group)
                    .forEach(ibans::add);
        }
        assertThat(ibans).hasSizeGreaterThan(2).allSatisfy(Iban::new);
    }

    @Test
    void everyRequestThatAServiceTakesIsListed(Bank bank) throws IOException {
        String page = Files.readString(ROOT.resolve("docs/api.md")).replace("`…/", "`POST /accounts/{iban}/");
        List<String> requests = new ArrayList<>();
        for (String service : List.of(Platform.ACCOUNT_COMMAND_FLNO, Platform.TRANSFER_SAGA, Platform.ACCOUNT_QUERY)) {
            bank.get(service, "/v3/api-docs").body().path("paths").forEachEntry((path, operations) -> operations
                    .propertyNames()
                    .forEach(method -> requests.add(method.toUpperCase(Locale.ROOT) + " " + path)));
        }
        requests.remove("DELETE /projections/{name}/replay"); // It stands beside the POST.
        assertThat(requests).hasSizeGreaterThan(15).allSatisfy(request -> assertThat(page)
                .contains("`" + request + "`"));
    }

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("CHANGELOG.md")));
        pages.addAll(files(ROOT.resolve("docs"), ".md"));
        return pages;
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).toList();
        }
    }
}
