// `ferula completion SHELL`: the script that a shell reads.
// The scripts are ArgumentParser's, made from the commands themselves; MetricCompletion answers what they ask.

import ArgumentParser

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the completion script of a shell.",
        discussion: """
            bash  source <(ferula completion bash)
            zsh   ferula completion zsh > ~/.zsh/_ferula   (a folder of fpath)
            fish  ferula completion fish > ~/.config/fish/completions/ferula.fish

            make install puts them where the shells look. With --server before it, or with
            PROMETHEUS_URL set, metric and label names of that server are offered inside
            of a query.
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        let script = FerulaCommand.completionScript(for: kind)
        let mended =
            switch shell {
            case .bash: BashScript.mended(script)
            case .zsh: script
            case .fish: FishScript.mended(script)
            }
        try Program.output(Array((mended + "\n").utf8))
    }
}

/// ArgumentParser 1.8's script for fish, made to work with flags that have a point in their name.
///
/// fish's `argparse` refuses a name with a point and changes nothing then, and the script's loop over the words that are
/// left goes on for ever. Here such names have `_` where the script talks about them, flags that argparse does not know
/// are passed over, and the loop ends when it is refused anything.
enum FishScript {
    static func mended(_ script: String) -> String {
        let lines = script.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            if line.contains("__ferula_parse_subcommand ") {
                return String(line.replacing(".", with: "_"))
            }
            if line.contains("argparse -sn \"$commands\" $option_specs -- ") {
                return String(line.replacing("argparse -sn", with: "argparse -isn")) + "; or break"
            }
            // The condition of a proposal: from `-n '` to the next quote.
            let mark = "-n '__ferula_should_offer_completions_for_flags_or_options"
            guard line.hasPrefix("complete "), let start = line.firstRange(of: mark) else { return String(line) }
            let condition = line[start.upperBound...].prefix { $0 != "'" }
            return String(line[..<start.upperBound]) + String(condition).replacing(".", with: "_")
                + String(line[condition.endIndex...])
        }
        return lines.joined(separator: "\n")
    }
}

/// ArgumentParser 1.8's script for bash, made to work with words in quotes and with folders.
///
/// Its `compgen -W` reads quotes and blanks of a proposal as the shell's own; here each line is a proposal as it is. No
/// blank is added to an expression that goes on, and a folder gets its slash.
enum BashScript {
    static func mended(_ script: String) -> String {
        let custom = "__ferula_add_completions -W \"$(__ferula_custom_complete "
        let lines = script.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
            if line.contains("__ferula_add_completions -f") {
                let indent = line.prefix { $0 == " " }
                return [indent + "compopt -o filenames 2> /dev/null", String(line)]
            }
            if line.hasPrefix("        COMPREPLY+=($(compgen -W 'dash ") {
                return [noSubcommand, String(line), elseFiles]
            }
            if line.hasPrefix("__ferula_custom_complete() {") { return [adding, "", String(line)] }
            guard let start = line.firstRange(of: custom), line.hasSuffix(")\"") else { return [String(line)] }
            return [String(line[..<start.lowerBound]) + "__ferula_add_custom " + line[start.upperBound...].dropLast(2)]
        }
        return lines.joined(separator: "\n")
    }

    /// Where no subcommand is written the dashboard's options and files are meant.
    private static let noSubcommand = """
                if [[ "${COMP_WORDS[1]}" = -* ]]; then
                    unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")
                    _ferula_dash
                else
        """

    private static let elseFiles = """
                    if [[ "${#COMPREPLY[@]}" -eq 0 ]]; then
                        compopt -o filenames 2> /dev/null
                        __ferula_add_completions -f
                    fi
                fi
        """

    private static let adding = """
        __ferula_add_custom() {
            local proposal
            while IFS='' read -r proposal; do
                [[ -n "${proposal}" ]] && COMPREPLY+=("${proposal}")
            done < <(__ferula_custom_complete "${@}")
            compopt -o nospace 2> /dev/null
        }
        """
}
