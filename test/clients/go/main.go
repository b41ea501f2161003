// Does one thing with DigitalOcean's own client, godo, and prints what came of it as JSON: the answer, or the error and its status.
//
// The address and the token come from API_URL and API_TOKEN; a body comes on standard input.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"

	"github.com/digitalocean/godo"
)

func main() {
	client := godo.NewFromToken(os.Getenv("API_TOKEN"))
	base, err := url.Parse(os.Getenv("API_URL"))
	if err != nil {
		fail(err)
	}
	client.BaseURL = base
	result, err := run(client.AgentPlatform, os.Args[1], os.Args[2:])
	var refusal *godo.ErrorResponse
	if errors.As(err, &refusal) {
		result = map[string]any{"error": map[string]any{
			"status": refusal.Response.StatusCode,
			"body":   map[string]string{"message": refusal.Message, "request_id": refusal.RequestID},
		}}
	} else if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func run(api godo.AgentPlatformService, command string, arguments []string) (any, error) {
	ctx := context.Background()
	switch command {
	case "create":
		body := new(godo.InferenceRouterCreateRequest)
		if err := json.NewDecoder(os.Stdin).Decode(body); err != nil {
			return nil, err
		}
		router, _, err := api.CreateInferenceRouter(ctx, body)
		return map[string]any{"model_router": router}, err
	case "update":
		body := new(godo.InferenceRouterUpdateRequest)
		if err := json.NewDecoder(os.Stdin).Decode(body); err != nil {
			return nil, err
		}
		router, _, err := api.UpdateInferenceRouter(ctx, arguments[0], body)
		return map[string]any{"model_router": router}, err
	case "get":
		router, _, err := api.GetInferenceRouter(ctx, arguments[0])
		return map[string]any{"model_router": router}, err
	case "delete":
		deleted, _, err := api.DeleteInferenceRouter(ctx, arguments[0])
		return deleted, err
	case "list":
		perPage, err := strconv.Atoi(arguments[0])
		if err != nil {
			return nil, err
		}
		return listAll(ctx, api, perPage)
	case "task-presets":
		tasks, _, err := api.ListInferenceRouterTaskPresets(ctx, &godo.ListOptions{PerPage: 200})
		return map[string]any{"tasks": tasks}, err
	}
	return nil, fmt.Errorf("unknown command %s", command)
}

// As godo's README has it: the page after the one that the links say this is.
func listAll(ctx context.Context, api godo.AgentPlatformService, perPage int) (any, error) {
	routers := []*godo.InferenceRouterSummary{}
	options := &godo.ListOptions{PerPage: perPage}
	for pages := 1; ; pages++ {
		page, response, err := api.ListInferenceRouters(ctx, options)
		if err != nil {
			return nil, err
		}
		routers = append(routers, page...)
		if response.Links == nil || response.Links.IsLastPage() {
			return map[string]any{"model_routers": routers, "pages": pages, "total": response.Meta.Total}, nil
		}
		current, err := response.Links.CurrentPage()
		if err != nil {
			return nil, err
		}
		options.Page = current + 1
	}
}
