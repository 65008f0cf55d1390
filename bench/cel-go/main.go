// SPDX-License-Identifier: Apache-2.0

// Measures cel-go on the expressions of ../cel-cases.txt: one line for each,
// "name compile evaluate limited", in nanoseconds.
//
//	go run . CASES POD.json
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
)

func compile(env *cel.Env, text string, options ...cel.ProgramOption) cel.Program {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		log.Fatalf("%s: %v", text, issues.Err())
	}
	program, err := env.Program(ast, options...)
	if err != nil {
		log.Fatalf("%s: %v", text, err)
	}
	return program
}

// The least time of one call in many short rounds, as bench/cel.c measures.
func nanoseconds(f func()) float64 {
	const rounds, roundTime = 60, 2 * time.Millisecond
	least, count := math.Inf(1), 1
	for round := 0; round < rounds; {
		start := time.Now()
		for i := 0; i < count; i++ {
			f()
		}
		took := time.Since(start)
		if round == 0 && took < roundTime/2 {
			count *= 2
			continue
		}
		least = min(least, float64(took.Nanoseconds())/float64(count))
		round++
	}
	return least
}

func evaluate(program cel.Program, input map[string]any) func() {
	return func() {
		if _, _, err := program.Eval(input); err != nil {
			log.Fatal(err)
		}
	}
}

func main() {
	env, err := cel.NewEnv(cel.Variable("object", cel.DynType), cel.OptionalTypes(), ext.Strings())
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var input map[string]any
	if err := json.Unmarshal(text, &input); err != nil {
		log.Fatal(err)
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, expression, found := strings.Cut(lines.Text(), "\t")
		if !found || strings.HasPrefix(name, "#") {
			continue
		}
		plain := compile(env, expression, cel.EvalOptions(cel.OptOptimize))
		limited := compile(env, expression, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(1000000))
		fmt.Printf("%s\t%.0f\t%.1f\t%.1f\n", name, nanoseconds(func() { compile(env, expression) }),
			nanoseconds(evaluate(plain, input)), nanoseconds(evaluate(limited, input)))
	}
}
