// SPDX-License-Identifier: Apache-2.0

// Command web is the web server that the quickstart deploys. With -crash it stops
// right after it has started, as a bad version would.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"
)

func main() {
	crash := flag.Bool("crash", false, "exit at once")
	flag.Parse()
	if *crash {
		log.Fatal("config: DB_URL is not set")
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := fmt.Fprintln(w, "hello from Slipway"); err != nil {
			log.Print(err)
		}
	})
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
