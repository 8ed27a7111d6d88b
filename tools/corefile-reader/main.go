// Prints what CoreDNS hands to its plugins for each Corefile, with CoreDNS' own parser, server type and plugin order,
// and a recorder in place of each plugin. A request is a line of JSON: the text, and the environment that it is read in.
// Files to import are looked for in the working directory.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
	"strings"

	"github.com/coredns/caddy"
	"github.com/coredns/caddy/caddyfile"
	"github.com/coredns/coredns/core/dnsserver"
)

type request struct {
	Text        string
	Environment map[string]string
}

type setup struct {
	Zones  []string
	Plugin string
	Tokens []string
}

type answer struct {
	Error  string
	Setups []setup
}

func main() {
	log.SetOutput(io.Discard)
	var setups []setup
	for _, name := range dnsserver.Directives {
		caddy.RegisterPlugin(name, caddy.Plugin{ServerType: "dns", Action: func(c *caddy.Controller) error {
			setups = append(setups, setup{c.ServerBlockKeys, name, tokens(c.Dispenser)})
			return nil
		}})
	}
	requests := bufio.NewScanner(os.Stdin)
	requests.Buffer(nil, 1<<24)
	answers := json.NewEncoder(os.Stdout)
	for requests.Scan() {
		var one request
		if err := json.Unmarshal(requests.Bytes(), &one); err != nil {
			panic(err)
		}
		os.Clearenv()
		for name, value := range one.Environment {
			os.Setenv(name, value)
		}
		setups = nil
		input := caddy.CaddyfileInput{Filepath: "Corefile", Contents: []byte(one.Text), ServerTypeName: "dns"}
		err := caddy.ValidateAndExecuteDirectives(input, nil, true)
		reply := answer{Setups: setups}
		if err != nil {
			// Which line it is does not matter to a plugin.
			reply = answer{Error: strings.TrimPrefix(err.Error(), "Corefile:")}
		}
		if err := answers.Encode(reply); err != nil {
			panic(err)
		}
	}
}

// tokens returns what a plugin gets, each with how a dispenser reaches it: on the same line, on a later line, or neither.
func tokens(all caddyfile.Dispenser) []string {
	var found []string
	for all.Next() {
		found = append(found, all.Val())
		arg, line := all, all
		switch {
		case arg.NextArg():
			found = append(found, "same line")
		case line.NextLine():
			found = append(found, "later line")
		default:
			found = append(found, "neither")
		}
	}
	return found
}
