// Values straight from the Redis of a pool, from Go, with nothing but its standard library: no gateway, no Redis package.
//
//	go run examples/clients/ids_from_redis.go 127.0.0.1:6379 orders 5
//
// One FCALL takes a block in one step of the server. An empty stock orders by itself, so the caller asks again until values are there or its
// patience ends. The first call may ask any pool; `moved` names the one that serves the stream, whose address `seqcast pools` shows.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	askAgain = 30 * time.Millisecond
	patience = 10 * time.Second
	timeout  = 5 * time.Second
)

// Redis speaks its protocol as far as this needs it: a command is a list of strings, a reply is read by its first letter.
type Redis struct {
	socket net.Conn
	lines  *bufio.Reader
}

// Dial opens one connection: one command at a time.
func Dial(address string) (*Redis, error) {
	socket, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, err
	}
	return &Redis{socket: socket, lines: bufio.NewReader(socket)}, nil
}

// Close ends the connection.
func (redis *Redis) Close() error { return redis.socket.Close() }

// Command is answered by a string, an int64, a list of these, or nil. After an error of the connection nobody knows what the server did.
func (redis *Redis) Command(words ...string) (any, error) {
	if err := redis.socket.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&text, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(redis.socket, text.String()); err != nil {
		return nil, err
	}
	return redis.reply()
}

func (redis *Redis) reply() (any, error) {
	line, err := redis.lines.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return nil, errors.New("what answers is no Redis")
	}
	switch kind, rest := line[0], line[1:]; kind {
	case '-':
		return nil, errors.New("Redis refuses: " + rest)
	case ':':
		return strconv.ParseInt(rest, 10, 64)
	case '$':
		return redis.text(rest)
	case '*':
		return redis.list(rest)
	default:
		return rest, nil
	}
}

func (redis *Redis) text(size string) (any, error) {
	length, err := strconv.Atoi(size)
	if err != nil || length < 0 {
		return nil, err
	}
	text := make([]byte, length+len("\r\n"))
	if _, err := io.ReadFull(redis.lines, text); err != nil {
		return nil, err
	}
	return string(text[:length]), nil
}

func (redis *Redis) list(size string) (any, error) {
	length, err := strconv.Atoi(size)
	if err != nil {
		return nil, err
	}
	list := make([]any, max(length, 0))
	for i := range list {
		if list[i], err = redis.reply(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Take is that many values of the stream (sequence/type/service), all or none.
func Take(redis *Redis, stream string, count int) ([]int64, error) {
	deadline := time.Now().Add(patience)
	// Arguments: count, form, numbered, again. What was refused before is not counted as demand twice.
	for again := "0"; ; again = "1" {
		answer, err := redis.Command("FCALL", "seqcast_next", "1", "{"+stream+"}:stock", strconv.Itoa(count), "values", "0", again)
		if err != nil {
			return nil, err
		}
		// What happened, which life of the stock it was, and then what the table in docs/guides/values-from-redis.md says.
		reply, isList := answer.([]any)
		if !isList || len(reply) < 2 {
			return nil, fmt.Errorf("not an answer of seqcast: %v", answer)
		}
		switch reply[0] {
		case "taken":
			return valuesOf(reply[2].([]any))
		case "moved":
			return nil, fmt.Errorf("%s is served by pool %v now: see `seqcast pools`", stream, reply[2])
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("no values of %s: is the name right, is the sequence used up?", stream)
		}
		time.Sleep(askAgain)
	}
}

func valuesOf(runs []any) ([]int64, error) {
	var values []int64
	for _, each := range runs {
		run := each.([]any)
		// First value and increment are text, because they have 64 bits; the count is a number.
		value, err := strconv.ParseInt(run[0].(string), 10, 64)
		if err != nil {
			return nil, err
		}
		increment, err := strconv.ParseInt(run[2].(string), 10, 64)
		if err != nil {
			return nil, err
		}
		for left := run[1].(int64); left > 0; left-- {
			values = append(values, value)
			value += increment
		}
	}
	return values, nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(words []string) error {
	if len(words) != 3 {
		return errors.New("what is needed: address, sequence, how many")
	}
	count, err := strconv.Atoi(words[2])
	if err != nil {
		return err
	}
	redis, err := Dial(words[0])
	if err != nil {
		return err
	}
	defer redis.Close()
	values, err := Take(redis, words[1]+"/go/example", count)
	for _, value := range values {
		fmt.Println(value)
	}
	return err
}
