package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// svgStart begins an SVG of a width and a height.
const svgStart = `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" ` +
	`font-family="sans-serif" font-size="12">` + "\n"

// drawChart returns an SVG with a bar for each row: the ratio of the least
// times, on a logarithmic scale around 1.
func drawChart(results []result) []byte {
	const width, label, line, middle, decade = 960, 500, 24, 700, 70.0
	var b bytes.Buffer
	fmt.Fprintf(&b, svgStart, width, line*(len(results)+2))
	fmt.Fprintf(&b, `<text x="%d" y="16" text-anchor="middle">`+
		"time beside the other: 0.01, 0.1, 1, 10, 100</text>\n", middle)
	for power := -3.0; power <= 3; power++ {
		x := middle + power*decade
		fmt.Fprintf(&b, `<line x1="%.0f" x2="%.0f" y1="%d" y2="%d" stroke="#ccc"/>`+"\n",
			x, x, line, line*(len(results)+1))
	}
	for i, r := range results {
		x := middle + math.Log10(r.us.least/r.them.least)*decade
		y, color := line*(i+1), "#2a7"
		if x > middle {
			color = "#c63"
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s beside %s</text>`+"\n",
			label-30, y+16, html.EscapeString(r.name), html.EscapeString(r.peer))
		fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="14" fill="%s"/>`+"\n",
			min(x, middle), y+5, math.Abs(x-middle), color)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n",
			width-10, y+16, ratio(r.us.least, r.them.least))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
