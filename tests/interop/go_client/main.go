// go-zookeeper, unchanged, does its basic work against the server named on the command line.
// Prints one line a check; the exit code is 1 if one failed.
package main

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/go-zookeeper/zk"
)

var failed bool

func check(what string, good bool, details ...interface{}) {
	if good {
		fmt.Println("ok  ", what)
		return
	}
	failed = true
	fmt.Println("FAIL", what, details)
}

type quiet struct{}

func (quiet) Printf(string, ...interface{}) {}

func connect(server string) *zk.Conn {
	conn, events, err := zk.Connect([]string{server}, 10*time.Second, zk.WithLogger(quiet{}))
	check("connect", err == nil, err)
	deadline := time.After(20 * time.Second)
	for {
		select {
		case event := <-events:
			if event.State == zk.StateHasSession {
				return conn
			}
		case <-deadline:
			check("session", false)
			os.Exit(1)
		}
	}
}

func nodes(conn *zk.Conn) {
	everybody := zk.WorldACL(zk.PermAll)
	path, err := conn.Create("/go", []byte("one"), 0, everybody)
	check("create", err == nil && path == "/go", err)
	_, err = conn.Create("/go", nil, 0, everybody)
	check("create again", err == zk.ErrNodeExists, err)
	data, stat, err := conn.Get("/go")
	check("get", err == nil && bytes.Equal(data, []byte("one")) && stat.Version == 0, err)
	stat, err = conn.Set("/go", []byte("second"), 0)
	check("set", err == nil && stat.Version == 1 && stat.DataLength == 6, err)
	_, err = conn.Set("/go", nil, 0)
	check("set with an old version", err == zk.ErrBadVersion, err)
	path, err = conn.Create("/go/s-", nil, zk.FlagSequence|zk.FlagEphemeral, everybody)
	check("sequence", err == nil && path == "/go/s-0000000000", path, err)
	path, err = conn.CreateProtectedEphemeralSequential("/go/p-", nil, everybody)
	check("protected ephemeral", err == nil, path, err)
	children, stat, err := conn.Children("/go")
	check("children", err == nil && len(children) == 2 && stat.NumChildren == 2, children, err)
	check("delete of a full node", conn.Delete("/go", -1) == zk.ErrNotEmpty)
	exists, _, err := conn.Exists("/nowhere")
	check("exists", err == nil && !exists, err)
	path, err = conn.Sync("/go")
	check("sync", err == nil && path == "/go", err)
}

func multi(conn *zk.Conn) {
	everybody := zk.WorldACL(zk.PermAll)
	results, err := conn.Multi(&zk.CreateRequest{Path: "/multi", Data: []byte("1"), Acl: everybody},
		&zk.SetDataRequest{Path: "/multi", Data: []byte("2"), Version: 0}, &zk.CheckVersionRequest{Path: "/multi", Version: 1},
		&zk.DeleteRequest{Path: "/multi", Version: -1})
	check("multi", err == nil && len(results) == 4 && results[0].String == "/multi", results, err)
	_, err = conn.Multi(&zk.CreateRequest{Path: "/multi", Acl: everybody}, &zk.CheckVersionRequest{Path: "/nowhere", Version: 1})
	check("failed multi", err == zk.ErrNoNode, err)
	exists, _, _ := conn.Exists("/multi")
	check("failed multi changes nothing", !exists)
}

func watches(conn *zk.Conn, server string) {
	writer := connect(server)
	defer writer.Close()
	_, _, events, err := conn.GetW("/go")
	check("get with a watch", err == nil, err)
	_, err = writer.Set("/go", []byte("third"), -1)
	check("set by another client", err == nil, err)
	select {
	case event := <-events:
		check("event", event.Type == zk.EventNodeDataChanged && event.Path == "/go", event)
	case <-time.After(20 * time.Second):
		check("event", false)
	}
}

func acls(conn *zk.Conn) {
	_, err := conn.Create("/go-acl", []byte("s"), 0, zk.DigestACL(zk.PermAll, "alice", "secret"))
	check("create with an ACL", err == nil, err)
	_, _, err = conn.Get("/go-acl")
	check("no permission", err == zk.ErrNoAuth, err)
	check("add auth", conn.AddAuth("digest", []byte("alice:secret")) == nil)
	data, _, err := conn.Get("/go-acl")
	check("permission", err == nil && string(data) == "s", err)
	acl, _, err := conn.GetACL("/go-acl")
	check("get ACL", err == nil && len(acl) == 1 && acl[0].Scheme == "digest", acl, err)
	_, err = conn.SetACL("/go-acl", zk.WorldACL(zk.PermRead), 0)
	check("set ACL", err == nil, err)
}

func lock(conn *zk.Conn) {
	lock := zk.NewLock(conn, "/go-lock", zk.WorldACL(zk.PermAll))
	check("lock", lock.Lock() == nil)
	check("unlock", lock.Unlock() == nil)
}

func main() {
	server := os.Args[1]
	conn := connect(server)
	nodes(conn)
	multi(conn)
	watches(conn, server)
	acls(conn)
	lock(conn)
	conn.Close()
	if failed {
		os.Exit(1)
	}
}
