package main

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"
)

// requestTimeout bounds what a request waits for. ginauth bounds its own
// statements, see models.StatementTimeout; this is for those of the
// application. It is shorter than [shutdownTimeout], so that no request holds
// up the end of the program.
const requestTimeout = 5 * time.Second

// inTime gives a request's context its deadline.
func inTime(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}
