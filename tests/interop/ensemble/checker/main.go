// Decides with porcupine whether the history of some registers (znodes) is linearizable.
//
// Standard input: one operation a line as JSON, see operation. Standard output: one line as JSON, see verdict.
// Exit codes: 0 linearizable, 1 not, 2 the input is wrong, 3 not decided in the time given as the argument (seconds, default 60).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"
)

// Error codes of the protocol.
const (
	ok         = 0
	noNode     = -101
	badVersion = -103
	nodeExists = -110
)

type operation struct {
	Client   int    `json:"client"`
	Key      string `json:"key"`
	Op       string `json:"op"` // create, set, cas, delete or get
	Value    string `json:"value"`
	Expected int    `json:"expected"` // version: of cas and delete
	Call     int64  `json:"call"`
	Return   int64  `json:"return"`
	Unknown  bool   `json:"unknown"` // no answer came: it may happen at any time after the call, or never
	Error    int    `json:"error"`
	Version  int    `json:"version"` // what the answer says
}

type verdict struct {
	Result     string   `json:"result"`
	Operations int      `json:"operations"`
	Keys       int      `json:"keys"`
	Bad        []string `json:"bad"`
}

// The state of one znode. Versions count from 0 at each creation.
type znode struct {
	exists  bool
	value   string
	version int
}

// after is what an operation answers and leaves behind on a znode.
func after(state znode, op operation) (code int, version int, next znode) {
	switch op.Op {
	case "create":
		if state.exists {
			return nodeExists, 0, state
		}
		return ok, 0, znode{true, op.Value, 0}
	case "set", "cas":
		if !state.exists {
			return noNode, 0, state
		}
		if op.Op == "cas" && op.Expected != state.version {
			return badVersion, 0, state
		}
		return ok, state.version + 1, znode{true, op.Value, state.version + 1}
	case "delete":
		if !state.exists {
			return noNode, 0, state
		}
		if op.Expected != state.version {
			return badVersion, 0, state
		}
		return ok, 0, znode{}
	}
	// get
	if !state.exists {
		return noNode, 0, state
	}
	return ok, state.version, state
}

func step(state, input, _ interface{}) (bool, interface{}) {
	before, op := state.(znode), input.(operation)
	code, version, next := after(before, op)
	if op.Unknown {
		return true, next
	}
	if code != op.Error {
		return false, before
	}
	if code != ok {
		return true, next
	}
	switch op.Op {
	case "get":
		return version == op.Version && before.value == op.Value, next
	case "set", "cas":
		return version == op.Version, next
	}
	return true, next
}

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "checker: "+format+"\n", arguments...)
	os.Exit(2)
}

func read() map[string][]porcupine.Operation {
	histories := map[string][]porcupine.Operation{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		var op operation
		if err := json.Unmarshal(lines.Bytes(), &op); err != nil {
			fail("line %d: %v", number, err)
		}
		switch op.Op {
		case "create", "set", "cas", "delete", "get":
		default:
			fail("line %d: no operation %q", number, op.Op)
		}
		if op.Unknown {
			op.Return = math.MaxInt64
		}
		histories[op.Key] = append(histories[op.Key],
			porcupine.Operation{ClientId: op.Client, Input: op, Call: op.Call, Output: nil, Return: op.Return})
	}
	if err := lines.Err(); err != nil {
		fail("%v", err)
	}
	return histories
}

func main() {
	seconds := 60
	if len(os.Args) > 1 {
		var err error
		if seconds, err = strconv.Atoi(os.Args[1]); err != nil || seconds < 1 {
			fail("not a number of seconds: %s", os.Args[1])
		}
	}
	histories := read()
	model := porcupine.Model{Init: func() interface{} { return znode{} }, Step: step}
	found := verdict{Result: "linearizable", Keys: len(histories), Bad: []string{}}
	keys := make([]string, 0, len(histories))
	for key := range histories {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	deadline := time.Now().Add(time.Duration(seconds) * time.Second)
	undecided := false
	for _, key := range keys {
		found.Operations += len(histories[key])
		left := time.Until(deadline)
		if left <= 0 {
			left = time.Millisecond
		}
		switch porcupine.CheckOperationsTimeout(model, histories[key], left) {
		case porcupine.Illegal:
			found.Bad = append(found.Bad, key)
		case porcupine.Unknown:
			undecided = true
		}
	}
	code := 0
	if len(found.Bad) > 0 {
		found.Result, code = "not linearizable", 1
	} else if undecided {
		found.Result, code = "undecided", 3
	}
	text, _ := json.Marshal(found)
	fmt.Println(string(text))
	os.Exit(code)
}
