// Values over HTTP from Go, with nothing but its standard library.
//
//	go run examples/clients/ids_over_http.go http://127.0.0.1:7070 orders 5
//
// Asks for a whole block at a time and counts it out, so that most ids cost no request. A request that failed is sent again as long as the
// server says that this may help; what a lost answer held is a gap, never a value twice.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

const (
	attemptsMax = 5
	pause       = 50 * time.Millisecond
	blockSize   = 100
)

// Problem is how the server says that it refuses: its code is for programs, its detail for people.
type Problem struct {
	Code      string `json:"code"`
	Detail    string `json:"detail"`
	Retriable bool   `json:"retriable"`
}

func (problem *Problem) Error() string { return problem.Code + ": " + problem.Detail }

type block struct {
	// Values are text in JSON, because 64-bit integers do not survive every parser.
	Start     int64 `json:"start,string"`
	Increment int64 `json:"increment,string"`
	Count     int   `json:"count"`
}

type answer struct {
	Blocks []block `json:"blocks"`
	// Told of a sequence with an order, or whose values begin again some day: nothing of it may lie in hand.
	Order  json.RawMessage `json:"order"`
	Period json.RawMessage `json:"period"`
}

type request struct {
	ClientType string `json:"clientType"`
	Service    string `json:"service"`
	As         string `json:"as"`
	Count      int    `json:"count"`
}

// Sequence hands out the values of one sequence. Not for several goroutines at once: give each its own, or hold a lock.
type Sequence struct {
	url    string
	client http.Client
	asked  request
	inHand []block
	// APIKey is sent where the server asks who is there.
	APIKey string
}

// NewSequence asks nothing yet. The first request wants one value, and learns whether more may lie in hand.
func NewSequence(address, name, clientType, service string) *Sequence {
	return &Sequence{
		url:    address + "/v1/sequences/" + url.PathEscape(name) + "/next",
		client: http.Client{Timeout: 40 * time.Second},
		asked:  request{ClientType: clientType, Service: service, As: "blocks", Count: 1},
	}
}

// Next is the next value.
func (sequence *Sequence) Next(ctx context.Context) (int64, error) {
	for len(sequence.inHand) == 0 {
		got, err := sequence.ask(ctx)
		if err != nil {
			return 0, err
		}
		sequence.inHand = got.Blocks
		sequence.asked.Count = blockSize
		if got.Order != nil || got.Period != nil {
			sequence.asked.Count = 1
		}
	}
	first := &sequence.inHand[0]
	value := first.Start
	first.Start += first.Increment
	first.Count--
	if first.Count == 0 {
		sequence.inHand = sequence.inHand[1:]
	}
	return value, nil
}

func (sequence *Sequence) ask(ctx context.Context) (*answer, error) {
	for attempt := 1; ; attempt++ {
		got, err := sequence.post(ctx)
		if err == nil {
			return got, nil
		}
		var problem *Problem
		if attempt == attemptsMax || (errors.As(err, &problem) && !problem.Retriable) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause << attempt):
		}
	}
}

func (sequence *Sequence) post(ctx context.Context) (*answer, error) {
	body, err := json.Marshal(sequence.asked)
	if err != nil {
		return nil, err
	}
	asking, err := http.NewRequestWithContext(ctx, http.MethodPost, sequence.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	asking.Header.Set("Content-Type", "application/json")
	if sequence.APIKey != "" {
		asking.Header.Set("Authorization", "Bearer "+sequence.APIKey)
	}
	response, err := sequence.client.Do(asking)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	read := json.NewDecoder(response.Body)
	if response.StatusCode != http.StatusOK {
		problem := &Problem{}
		if err := read.Decode(problem); err != nil {
			return nil, fmt.Errorf("%s from %s: %w", response.Status, sequence.url, err)
		}
		return nil, problem
	}
	got := &answer{}
	return got, read.Decode(got)
}

func main() {
	if len(os.Args) != 4 {
		fail(errors.New("what is needed: address, sequence, how many"))
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		fail(err)
	}
	sequence := NewSequence(os.Args[1], os.Args[2], "go", "example")
	for ; count > 0; count-- {
		value, err := sequence.Next(context.Background())
		if err != nil {
			fail(err)
		}
		fmt.Println(value)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
