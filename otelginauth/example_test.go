package otelginauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/otelginauth"
)

func Example() {
	reader := metric.NewManualReader() // a server takes an exporter
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	r := gin.New()
	ginauth.New(r, ginauth.Observers(otelginauth.New(otelginauth.Config{MeterProvider: provider})))
	r.GET("/notes/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/notes/7", nil))

	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		fmt.Println(err)
	}
	count := all.ScopeMetrics[0].Metrics[0]
	point := count.Data.(metricdata.Sum[int64]).DataPoints[0]
	event, _ := point.Attributes.Value("ginauth.event")
	route, _ := point.Attributes.Value("http.route")
	fmt.Println(count.Name, event.AsString(), route.AsString(), point.Value)
	// Output: ginauth.events request_refused /notes/:id 1
}
