// SPDX-License-Identifier: MIT
import SystemCalls

/// The rules on branches, for pushes by git and for references changed through REST.
package enum PushRules {
    /// What happens to a branch.
    package enum Change: String, Sendable {
        case creation, update, deletion
    }

    /// The rules that bind an actor in a repository.
    package static func binding(_ actor: ForgeActor, in repository: ForgeRepository) -> [ForgeRuleset] {
        repository.rulesets.filter { ruleset in
            guard !actor.viaApp, let bypass = ruleset.bypassRole else { return true }
            return repository.role(of: actor.user.id) < bypass
        }
    }

    /// The name of the ruleset that forbids a change, nil when it is allowed.
    package static func violation(
        _ change: Change, of branch: String, by actor: ForgeActor, in repository: ForgeRepository
    ) -> String? {
        binding(actor, in: repository).first { ruleset in
            ruleset.applies(to: branch, defaultBranch: repository.defaultBranch)
                && (ruleset.rules.contains(change.rawValue)
                    || (change == .update && ruleset.rules.contains("pull_request")))
        }?.name
    }

    /// The hook's environment: one line a ruleset, `RULE,RULE;INCLUDE INCLUDE;EXCLUDE EXCLUDE`, patterns as the shell
    /// matches them (its `*` crosses slashes already).
    package static func environment(for actor: ForgeActor, in repository: ForgeRepository) -> [String: String] {
        func shell(_ pattern: String) -> String {
            switch pattern {
            case "~ALL": "refs/heads/*"
            case "~DEFAULT_BRANCH": "refs/heads/\(repository.defaultBranch)"
            default: pattern
            }
        }
        let lines = binding(actor, in: repository).filter { $0.enforcement == "active" }.map { ruleset in
            [
                ruleset.rules.joined(separator: ","), ruleset.include.map(shell).joined(separator: " "),
                ruleset.exclude.map(shell).joined(separator: " "),
            ].joined(separator: ";")
        }
        let mayChangeWorkflows = actor.grant.map { $0.permissions["workflows"] == .write } ?? true
        return [
            "FORGE_RULES": lines.joined(separator: "\n"), "FORGE_WORKFLOWS": mayChangeWorkflows ? "yes" : "no",
        ]
    }

    /// The `pre-receive` hook: refuses a push as a whole, before any reference moves.
    package static let hook = """
        #!/bin/sh
        # Written by the forge stand-in at each start. FORGE_RULES and FORGE_WORKFLOWS come with the push.
        set -f
        zero=0000000000000000000000000000000000000000

        matches() { # REF PATTERN...
            name=$1
            shift
            for pattern; do
                case "$name" in $pattern) return 0 ;; esac
            done
            return 1
        }

        refuse() { # REF RULE
            echo "error: GH013: Repository rule violations found for $1." >&2
            echo "- Cannot $2 this ref due to restrictions." >&2
            exit 1
        }

        check() { # OLD NEW REF
            change=update
            [ "$1" = $zero ] && change=creation
            [ "$2" = $zero ] && change=deletion
            printf '%s\\n' "$FORGE_RULES" | while IFS=';' read -r rules include exclude; do
                [ -n "$rules" ] || continue
                matches "$3" $include || continue
                matches "$3" $exclude && continue
                case ",$rules," in
                *,$change,*) refuse "$3" "$change" ;;
                *,pull_request,*) [ $change = update ] && refuse "$3" "push directly to" ;;
                esac
                case ",$rules," in *,non_fast_forward,*)
                    if [ $change = update ] && ! git merge-base --is-ancestor "$1" "$2"; then
                        refuse "$3" "force-push to"
                    fi ;;
                esac
            done || exit 1
            if [ "$FORGE_WORKFLOWS" = no ] && [ "$2" != $zero ]; then
                file=$(git log --format= --name-only "$2" --not --branches -- .github/workflows | head -n 1)
                if [ -n "$file" ]; then
                    echo "refusing to allow a GitHub App to create or update workflow \\`$file\\`" \\
                        "without \\`workflows\\` permission" >&2
                    exit 1
                fi
            fi
        }

        while read -r old new ref; do
            check "$old" "$new" "$ref"
        done

        """

    /// Writes the hook into a folder.
    package static func install(in directory: String) throws {
        try Files.createDirectory(directory, mode: 0o755)
        try Files.writeAtomically("\(directory)/pre-receive", Array(hook.utf8), mode: 0o755)
    }
}
