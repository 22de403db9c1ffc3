package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// line is a line of the chart: values at sizes.
type line struct {
	name          string
	sizes, values []float64
}

// drawGrowth returns an SVG in which each line is a value beside its first one,
// on logarithmic scales: what does not grow is flat.
func drawGrowth(lines []line) []byte {
	const left, top, decade, unit, low, high, largest = 60, 30, 90, 110, -1, 3, 7
	x := func(size float64) float64 { return left + math.Log10(size)*decade }
	y := func(value float64) float64 { return top + (high-min(max(math.Log10(value), low), high))*unit }
	colors := []string{"#1b6", "#c63", "#36c", "#b3b", "#777", "#a80", "#099", "#d22", "#541", "#83f", "#2a2", "#e6a"}
	var b bytes.Buffer
	fmt.Fprintf(&b, svgStart, left+largest*decade+320, top+(high-low)*unit+40)
	fmt.Fprintf(&b, `<text x="%d" y="16">beside the smallest size</text>`+"\n", left)
	for power := low; power <= high; power++ {
		at := y(math.Pow10(power))
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.0f" y2="%.0f" stroke="#ccc"/>`+"\n",
			left, left+largest*decade, at, at)
		fmt.Fprintf(&b, `<text x="%d" y="%.0f" text-anchor="end">%g</text>`+"\n", left-8, at+4, math.Pow10(power))
	}
	for power := range largest + 1 {
		fmt.Fprintf(&b, `<text x="%.0f" y="%d" text-anchor="middle">%.0f</text>`+"\n",
			x(math.Pow10(power)), top+(high-low)*unit+20, math.Pow10(power))
	}
	for i, l := range lines {
		color := colors[i%len(colors)]
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, color)
		for at, size := range l.sizes {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(size), y(l.values[at]/l.values[0]))
		}
		b.WriteString(`"/>` + "\n")
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n",
			left+largest*decade+20, top+20*i+10, color, html.EscapeString(l.name))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
