// SPDX-License-Identifier: MIT

/// A pattern as instructions for a machine that follows all alternatives at once (Pike's simulation of Thompson's
/// automaton): every character of the text visits every instruction at most once.
struct RegexProgram: Sendable {
    private enum Instruction: Sendable {
        case characters(RegexClass)
        case assertion(RegexAssertion)
        /// Goes on at both places; the first one is preferred.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// What one pattern may grow to: repetitions are copied.
    private static let maximumInstructions = 20_000

    private var instructions: [Instruction] = []

    init(_ node: RegexNode) throws(RegularExpressionError) {
        try compile(node)
        try append(.match)
    }

    private mutating func append(_ instruction: Instruction) throws(RegularExpressionError) {
        guard instructions.count < Self.maximumInstructions else {
            throw RegularExpressionError(description: "expression too large")
        }
        instructions.append(instruction)
    }

    private mutating func compile(_ node: RegexNode) throws(RegularExpressionError) {
        switch node {
        case .empty: break
        case .characters(let characters): try append(.characters(characters))
        case .assertion(let assertion): try append(.assertion(assertion))
        case .sequence(let items): for item in items { try compile(item) }
        case .alternatives(let branches): try compileAlternatives(branches)
        case .repetition(let item, let minimum, let maximum, let isLazy):
            for _ in 0..<minimum { try compile(item) }
            if let maximum {
                try compileOptional(item, count: maximum - minimum, isLazy)
            } else {
                try compileStar(item, isLazy)
            }
        }
    }

    private mutating func compileAlternatives(_ branches: [RegexNode]) throws(RegularExpressionError) {
        var ends: [Int] = []
        for (index, branch) in branches.enumerated() {
            guard index < branches.count - 1 else {
                try compile(branch)
                break
            }
            let split = instructions.count
            try append(.jump(0))
            try compile(branch)
            ends.append(instructions.count)
            try append(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func compileOptional(
        _ item: RegexNode, count: Int, _ isLazy: Bool
    ) throws(RegularExpressionError) {
        var splits: [Int] = []
        for _ in 0..<max(0, count) {
            splits.append(instructions.count)
            try append(.jump(0))
            try compile(item)
        }
        for split in splits { instructions[split] = fork(split + 1, instructions.count, isLazy) }
    }

    private mutating func compileStar(_ item: RegexNode, _ isLazy: Bool) throws(RegularExpressionError) {
        let split = instructions.count
        try append(.jump(0))
        try compile(item)
        try append(.jump(split))
        instructions[split] = fork(split + 1, instructions.count, isLazy)
    }

    private func fork(_ inside: Int, _ behind: Int, _ isLazy: Bool) -> Instruction {
        isLazy ? .split(behind, inside) : .split(inside, behind)
    }

    // MARK: Running

    /// The states that are alive at one place of the text, in order of preference, with where their match began.
    private struct Threads {
        var order: [(state: Int, start: Int)] = []
        var marks: [Int]
        /// Places that were visited in this generation have this mark; so clearing costs nothing.
        var generation = 0

        init(_ count: Int) { marks = [Int](repeating: 0, count: count) }

        mutating func clear() {
            order.removeAll(keepingCapacity: true)
            generation += 1
        }
    }

    /// The leftmost match; without `wantsSpan` any match will do and its end means nothing.
    func run(_ text: [Unicode.Scalar], from begin: Int, wantsSpan: Bool) -> Range<Int>? {
        var current = Threads(instructions.count)
        var next = Threads(instructions.count)
        var found: Range<Int>?
        current.clear()
        var position = begin
        while true {
            if found == nil { add(0, position, position, text, &current) }
            if current.order.isEmpty, found != nil { break }
            next.clear()
            let scalar = position < text.count ? text[position] : nil
            threads: for thread in current.order {
                switch instructions[thread.state] {
                case .match:
                    found = thread.start..<position
                    if !wantsSpan { return found }
                    break threads  // what comes later is less preferred
                case .characters(let characters):
                    if let scalar, characters.contains(scalar) {
                        add(thread.state + 1, thread.start, position + 1, text, &next)
                    }
                default: break
                }
            }
            guard scalar != nil else { break }
            swap(&current, &next)
            position += 1
        }
        return found
    }

    /// Follows everything that needs no character, with a stack of its own: patterns may nest deeply.
    private func add(
        _ state: Int, _ start: Int, _ position: Int, _ text: [Unicode.Scalar], _ threads: inout Threads
    ) {
        var stack = [state]
        while let state = stack.popLast() {
            if threads.marks[state] == threads.generation { continue }
            threads.marks[state] = threads.generation
            switch instructions[state] {
            case .jump(let target): stack.append(target)
            case .split(let preferred, let other):
                stack.append(other)
                stack.append(preferred)
            case .assertion(let assertion):
                if holds(assertion, at: position, text) { stack.append(state + 1) }
            case .characters, .match: threads.order.append((state, start))
            }
        }
    }

    private func holds(_ assertion: RegexAssertion, at position: Int, _ text: [Unicode.Scalar]) -> Bool {
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && RegexClass.word.contains(text[index]) }
        return switch assertion {
        case .textStart: position == 0
        case .textEnd: position == text.count
        case .lineStart: position == 0 || text[position - 1] == "\n"
        case .lineEnd: position == text.count || text[position] == "\n"
        case .wordBoundary: isWord(position - 1) != isWord(position)
        case .noWordBoundary: isWord(position - 1) == isWord(position)
        }
    }
}
